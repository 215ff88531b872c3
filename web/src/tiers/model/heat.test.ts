import { describe, expect, it } from 'vitest';
import { depth, highestOf, shade, sheet } from './heat';

const cells = [
  { r: 5, f: 5, m: 5, customers: 3, revenue: '900.50' },
  { r: 5, f: 5, m: 4, customers: 2, revenue: '100.00' },
  { r: 1, f: 1, m: 1, customers: 9, revenue: '-5.00' },
];

describe('the RFM picture', () => {
  it('has 25 places, empty ones too', () => {
    expect(sheet([])).toHaveLength(25);
    expect(highestOf(sheet([]), 'customers')).toBe(0);
  });
  it('adds the money scores up, or shows one', () => {
    const best = (sheets: ReturnType<typeof sheet>) => sheets.find((cell) => cell.r === 5 && cell.f === 5);
    expect(best(sheet(cells))).toEqual({ r: 5, f: 5, customers: 5, revenue: 1000.5 });
    expect(best(sheet(cells, 4))?.customers).toBe(2);
    expect(best(sheet(cells, 1))?.customers).toBe(0);
  });
  it('ignores scores that are no place', () => {
    expect(sheet([{ r: 0, f: 9, m: 1, customers: 1, revenue: '1' }]).every((cell) => cell.customers === 0)).toBe(true);
  });
  it('colours between nothing and all, never negative', () => {
    expect(depth(0, 9)).toBe(0);
    expect(depth(-5, 9)).toBe(0);
    expect(depth(9, 9)).toBe(1);
    expect(depth(1, 4)).toBe(0.5);
    expect(depth(1, 0)).toBe(0);
    expect([0, 0.01, 0.5, 0.99, 1].map(shade)).toEqual([0, 1, 4, 6, 6]);
  });
});
