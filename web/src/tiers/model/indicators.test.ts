import { describe, expect, it } from 'vitest';
import { aggregatesFor, freeId, kindOf, MEASURES, unitOf, windowOf, withMeasure } from './indicators';

describe('an indicator', () => {
  it('offers for every measure at least one way of counting', () => {
    for (const measure of MEASURES) expect(aggregatesFor(measure).length).toBeGreaterThan(0);
    expect(aggregatesFor('product_lines')).toEqual(['distinct', 'new_distinct']);
  });
  it('keeps the way of counting when the measure changes and it still fits', () => {
    const source = { of: 'net_spend', aggregate: 'sum', window: 'lifetime' } as const;
    expect(withMeasure(source, 'orders').aggregate).toBe('sum');
    expect(withMeasure(source, 'product_lines').aggregate).toBe('distinct');
  });
  it('knows its unit', () => {
    const unit = (of: 'net_spend' | 'orders' | 'quantity', aggregate: 'sum' | 'days_since_last' | 'per_order') =>
      unitOf({ measure: { of, aggregate, window: 'lifetime' } });
    expect(unit('net_spend', 'sum')).toBe('money');
    expect(unit('orders', 'sum')).toBe('count');
    expect(unit('orders', 'days_since_last')).toBe('days');
    expect(unit('quantity', 'per_order')).toBe('count');
    expect(unitOf({ profile: 'joined_years' })).toBe('years');
  });
  it('takes any kind of window there and back', () => {
    for (const kind of ['lifetime', 'days', 'month', 'quarter', 'year'] as const) {
      expect(kindOf(windowOf(kind))).toBe(kind);
    }
  });
  it('finds a free id', () => {
    expect(freeId('Net Spend', [])).toBe('net_spend');
    expect(freeId('净消费', [])).toBe('item');
    expect(freeId('a', ['a', 'a_2'])).toBe('a_3');
  });
});
