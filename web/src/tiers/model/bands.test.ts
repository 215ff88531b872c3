import { describe, expect, it } from 'vitest';
import { fromRows, pathOf, pointsOf, rowFaults, rowsOf, withRow } from './bands';

const stair = {
  step: [
    { from: 0, points: 0 },
    { from: 10_000, points: 40 },
    { from: 100_000, points: 100 },
  ],
};
const falling = {
  linear: [
    { at: 0, points: 100 },
    { at: 200, points: 0 },
  ],
};

describe('bands', () => {
  it('give a value exactly on a step its points, as the server does', () => {
    expect([100_000, 99_999.99, -5].map((value) => pointsOf(stair, value))).toEqual([100, 40, 0]);
  });
  it('follow a line and are level outside it', () => {
    expect([-1, 0, 50, 200, 900].map((value) => pointsOf(falling, value))).toEqual([100, 100, 75, 0, 0]);
  });
  it('give nothing where there are none', () => {
    expect([pointsOf({ step: [] }, 5), pointsOf({ linear: [] }, 5), pathOf({ step: [] })]).toEqual([0, 0, '']);
  });
  it('become rows and come back', () => {
    expect(fromRows(rowsOf(stair), true)).toEqual(stair);
    expect(fromRows(rowsOf(falling), false)).toEqual(falling);
  });
  it('name the row at fault', () => {
    expect(
      rowFaults([
        { value: 0, points: 0 },
        { value: 0, points: 10 },
        { value: 5, points: 101 },
        { value: Number.NaN, points: 1 },
      ]),
    ).toEqual([undefined, 'not_rising', 'points_range', 'not_a_number']);
  });
  it('grow by a sensible row', () => {
    expect(withRow(rowsOf(stair)).at(-1)).toEqual({ value: 190_000, points: 100 });
    expect(withRow([])).toEqual([{ value: 0, points: 0 }]);
  });
  it('are drawn as a stair or a line', () => {
    expect(pathOf(stair)).toBe('M0 100H33.33V60H66.67V0H100');
    expect(pathOf(falling)).toBe('M0 0L100 100');
  });
});
