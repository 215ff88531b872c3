import { describe, expect, it } from 'vitest';
import { type Catalogue, isComplete, operand, read, testOf, tests, typeOf, withOp, write } from './condition';

const words = { zh: '字', en: 'word' };
const catalogue: Catalogue = {
  fields: [
    { id: 'city', type: 'text', label: words },
    { id: 'tags', type: 'tags', label: words },
    { id: 'last_order_day', type: 'day', label: words },
  ],
  measures: [{ id: 'net_spend', type: 'money', label: words, aggregates: ['sum', 'days_since'] }],
};

describe('conditions', () => {
  it('come back from JSON as they were written', () => {
    const json = {
      all: [
        { field: 'city', op: 'in', value: ['上海', '杭州'] },
        { measure: 'net_spend', aggregate: 'sum', window_days: 365, op: 'gte', value: '10000' },
        { not: { any: [{ field: 'last_order_day', op: 'older_than_days', value: 90 }] } },
        { any: [{ field: 'tags', op: 'has_none', value: ['tag_1'] }] },
      ],
    };
    expect(write(read(json))).toEqual(json);
    expect(tests(read(json))).toBe(4);
  });

  it('read a single test and a negated test as groups', () => {
    expect(write(read({ field: 'city', op: 'empty' }))).toEqual({ all: [{ field: 'city', op: 'empty' }] });
    expect(write(read({ not: { field: 'city', op: 'empty' } }))).toEqual({
      not: { any: [{ field: 'city', op: 'empty' }] },
    });
  });

  it('leave out what is not finished, and never write a group that nobody fits by accident', () => {
    expect(write({ join: 'any', parts: [{ field: 'city', op: 'eq' }] })).toEqual({ all: [] });
    expect(write({ join: 'none', parts: [] })).toEqual({ all: [] });
    expect(isComplete({ field: 'x', op: 'between', value: [1, ''] })).toBe(false);
  });

  it('make an empty group of nonsense', () => {
    for (const bad of [null, 3, 'x', {}, { all: 'x' }]) expect(read(bad)).toEqual({ join: 'all', parts: [] });
  });

  it('know what a test compares with', () => {
    const spend = testOf('measure:net_spend', catalogue);
    expect(typeOf(spend, catalogue)).toBe('money');
    expect(typeOf({ ...spend, aggregate: 'days_since' }, catalogue)).toBe('integer');
    expect(operand(testOf('last_order_day', catalogue).op)).toBe('days');
    expect(withOp({ field: 'city', op: 'eq', value: '上海' }, 'ne').value).toBe('上海');
    expect(withOp({ field: 'city', op: 'eq', value: '上海' }, 'in').value).toBeUndefined();
  });
});
