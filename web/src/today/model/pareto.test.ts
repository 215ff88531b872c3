import { describe, expect, it } from 'vitest';
import { shareAt, steps, verdict } from './pareto';

const curve: [number, number][] = [
  [0, 0],
  [0.2, 0.7],
  [0.5, 0.9],
  [1, 1],
];

describe('the revenue curve', () => {
  it('is read between its points', () => {
    expect(shareAt(curve, 0.2)).toBeCloseTo(0.7);
    expect(shareAt(curve, 0.1)).toBeCloseTo(0.35);
    expect(shareAt(curve, 0.35)).toBeCloseTo(0.8);
    expect(shareAt(curve, 1)).toBe(1);
  });
  it('is nothing without customers', () => {
    expect(shareAt([], 0.2)).toBe(0);
    expect(steps([]).every(({ y }) => y === 0)).toBe(true);
  });
  it('has a word for every steepness', () => {
    expect([0.9, 0.8, 0.7382, 0.3].map(verdict)).toEqual(['steeper', 'classic', 'near', 'flat']);
  });
});
