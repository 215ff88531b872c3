import { describe, expect, it } from 'vitest';
import { give, type OwnMapping, partOf } from './own';

const mapping: OwnMapping = {
  kind: 'customers',
  source: 'crm',
  columns: { customer_id: '编号', city: '城市' },
  fields: { skin: '肤质' },
};

describe('own fields of a mapping', () => {
  it('a column is one thing, and a field has one column', () => {
    expect(partOf(mapping, '肤质')).toBe('field.skin');
    expect(partOf(mapping, '城市')).toBe('city');
    expect(partOf(mapping, '别的')).toBeUndefined();
    const moved = give(mapping, '城市', 'field.skin');
    expect([partOf(moved, '城市'), partOf(moved, '肤质')]).toEqual(['field.skin', undefined]);
    expect(moved.columns).toEqual({ customer_id: '编号' });
    const back = give(moved, '城市', 'city');
    expect(back).toEqual({ kind: 'customers', source: 'crm', columns: { customer_id: '编号', city: '城市' } });
    expect(give(mapping, '肤质', undefined).fields).toBeUndefined();
  });
});
