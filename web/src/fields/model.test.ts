import dayjs from 'dayjs';
import { describe, expect, it } from 'vitest';
import { changes, conditionOf, type FieldKind, moved, type OwnField, offered, toForm } from './model';

const field = (key: string, kind: FieldKind, more: Partial<OwnField> = {}): OwnField => ({
  id: `fld_${key}`,
  key,
  kind,
  position: 1,
  archived: false,
  name: { zh: key, en: '' },
  label: { zh: key, en: key },
  help: { zh: '', en: '' },
  required: false,
  restricted: false,
  choices: [],
  version: 1,
  ...more,
});

const fields = [
  field('note', 'text'),
  field('height', 'number'),
  field('budget', 'money'),
  field('built', 'date'),
  field('cares', 'choices'),
  field('car', 'yes_no'),
];

describe('own fields', () => {
  it('sends what changed and nothing else', () => {
    const before = { note: 'a', height: 165, budget: '10.00', built: '2026-01-02', cares: ['c1'], car: false };
    const form = toForm(fields, before);
    expect(changes(fields, form, before)).toEqual({});
    expect(changes(fields, { ...form, budget: '10' }, before)).toEqual({});
    expect(
      changes(
        fields,
        { note: '  ', height: null, budget: '12.5', built: dayjs('2026-03-04'), cares: [], car: true },
        before,
      ),
    ).toEqual({ note: null, height: null, budget: '12.5', built: '2026-03-04', cares: null, car: true });
    expect(changes(fields, toForm(fields, {}), {})).toEqual({});
    expect(changes(fields, { ...toForm(fields, {}), car: false }, {})).toEqual({ car: false });
  });

  it('offers a retired choice only to who has it', () => {
    const skin = field('skin', 'choice', {
      choices: [
        { id: 'c1', label: { zh: '油性', en: '' }, retired: false },
        { id: 'c2', label: { zh: '干性', en: '' }, retired: true },
      ],
    });
    expect(offered(skin, undefined).map((one) => one.id)).toEqual(['c1']);
    expect(offered(skin, 'c2').map((one) => one.id)).toEqual(['c1', 'c2']);
  });

  it('writes the filters of the address as a condition, beside the one that is there', () => {
    expect(conditionOf(fields, {})).toBeUndefined();
    expect(conditionOf(fields, { condition: '{"all":[]}' })).toBe('{"all":[]}');
    const read = JSON.parse(
      conditionOf(fields, {
        condition: '{"field":"city","op":"not_empty"}',
        'f.height.from': '150',
        'f.built.to': '2026-01-02',
        'f.cares': 'c1,c2',
        'f.car': 'no',
        'f.note': 'x',
      }) ?? '',
    );
    expect(read.all).toEqual([
      { field: 'city', op: 'not_empty' },
      { field: 'field.note', op: 'contains', value: 'x' },
      { field: 'field.height', op: 'gte', value: 150 },
      { field: 'field.built', op: 'lte', value: '2026-01-02' },
      { field: 'field.cares', op: 'has_any', value: ['c1', 'c2'] },
      { field: 'field.car', op: 'eq', value: false },
    ]);
    expect(JSON.parse(conditionOf(fields, { condition: '{broken', 'f.car': 'yes' }) ?? '').all).toHaveLength(1);
  });

  it('moves one by one place', () => {
    expect(moved(['a', 'b', 'c'], 0, 1)).toEqual(['b', 'a', 'c']);
    expect(moved(['a', 'b', 'c'], 2, -1)).toEqual(['a', 'c', 'b']);
  });
});
