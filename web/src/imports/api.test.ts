import { describe, expect, it } from 'vitest';
import { assign, dayAfter, fieldOf, fieldsOf, isOld, type Mapping, missing, undoParts } from './api';

const mapping: Mapping = {
  kind: 'order_lines',
  source: 'pos',
  columns: { id: 'InvoiceNo', customer_id: 'CustomerID' },
};

describe('mapping', () => {
  it('moves a field from the column that had it, and frees the column of its old field', () => {
    const moved = assign(mapping, 'CustomerID', 'id');
    expect(moved.columns).toEqual({ id: 'CustomerID' });
    expect(assign(moved, 'CustomerID', undefined).columns).toEqual({});
    expect(fieldOf(mapping, 'InvoiceNo')).toBe('id');
  });

  it('says what is missing for each kind', () => {
    expect(missing(mapping)).toEqual(['occurred_at', 'amount']);
    expect(
      missing({ ...mapping, columns: { ...mapping.columns, occurred_at: 'D', quantity: 'Q', unit_price: 'P' } }),
    ).toEqual([]);
    expect(missing({ kind: 'customers', source: 'crm', columns: {} })).toEqual(['customer']);
  });

  it('offers only what a kind can hold', () => {
    expect(fieldsOf('customers')).not.toContain('amount');
    expect(fieldsOf('interactions')).toContain('body');
  });
});

describe('undoing', () => {
  it('names only what is there', () => {
    expect(undoParts({ orders: 12, refunds: 0, interactions: 0, customers: 3 })).toEqual([
      { part: 'orders', n: 12 },
      { part: 'customers', n: 3 },
    ]);
    expect(undoParts({ orders: 0, refunds: 0, interactions: 0, customers: 0 })).toEqual([]);
  });
});

describe('the end of the data', () => {
  it('is looked at on the day after, over the end of a year and a leap day', () => {
    expect(dayAfter('2011-12-09')).toBe('2011-12-10');
    expect(dayAfter('2023-12-31')).toBe('2024-01-01');
    expect(dayAfter('2024-02-28')).toBe('2024-02-29');
  });
  it('matters only when it is long ago', () => {
    expect(isOld('2011-12-09', '2026-11-22')).toBe(true);
    expect(isOld('2026-11-20', '2026-11-22')).toBe(false);
    expect(isOld(null, '2026-11-22')).toBe(false);
  });
});
