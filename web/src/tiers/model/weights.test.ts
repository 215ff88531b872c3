import { describe, expect, it } from 'vitest';
import { ceiling, fill, movable, moveWeight } from './weights';

const five = [
  { id: 'spending', weight: 40 },
  { id: 'potential', weight: 20 },
  { id: 'stickiness', weight: 20 },
  { id: 'influence', weight: 10 },
  { id: 'engagement', weight: 10 },
];
const sum = (weights: { weight: number }[]) => weights.reduce((all, each) => all + each.weight, 0);

describe('moving a weight', () => {
  it('keeps the sum at exactly 100 at every position, with any locks', () => {
    const locks: string[][] = [[], ['potential'], ['potential', 'influence'], ['potential', 'influence', 'engagement']];
    for (const locked of locks) {
      for (let value = -5; value <= 105; value += 1) {
        const moved = moveWeight(five, 'spending', value, new Set(locked));
        expect(sum(moved)).toBe(100);
        expect(moved.every((each) => each.weight >= 0 && Number.isInteger(each.weight))).toBe(true);
        for (const id of locked) {
          expect(moved.find((each) => each.id === id)?.weight).toBe(five.find((each) => each.id === id)?.weight);
        }
      }
    }
  });

  it('lets the others give in proportion', () => {
    expect(moveWeight(five, 'spending', 70).map((each) => each.weight)).toEqual([70, 10, 10, 5, 5]);
  });

  it('stops where the locked ones begin', () => {
    expect(ceiling(five, 'spending', new Set(['potential', 'influence']))).toBe(70);
    expect(moveWeight(five, 'spending', 95, new Set(['potential', 'influence']))[0]?.weight).toBe(70);
  });

  it('deals evenly when the others have nothing', () => {
    const alone = [
      { id: 'a', weight: 100 },
      { id: 'b', weight: 0 },
      { id: 'c', weight: 0 },
    ];
    expect(moveWeight(alone, 'a', 91).map((each) => each.weight)).toEqual([91, 5, 4]);
  });

  it('does nothing when no other is free, or it is locked itself', () => {
    expect(movable([{ id: 'a', weight: 100 }], 'a', new Set())).toBe(false);
    expect(moveWeight([{ id: 'a', weight: 100 }], 'a', 30)).toEqual([{ id: 'a', weight: 100 }]);
    expect(moveWeight(five, 'spending', 10, new Set(['spending']))).toEqual(five);
  });

  it('keeps other properties of an entry', () => {
    expect(
      moveWeight(
        [
          { id: 'a', weight: 50, name: 'A' },
          { id: 'b', weight: 50, name: 'B' },
        ],
        'a',
        60,
      )[1],
    ).toEqual({
      id: 'b',
      weight: 40,
      name: 'B',
    });
  });
});

describe('filling up to 100', () => {
  it('keeps proportions', () => {
    expect(
      fill([
        { id: 'a', weight: 1 },
        { id: 'b', weight: 1 },
        { id: 'c', weight: 1 },
      ]).map((w) => w.weight),
    ).toEqual([34, 33, 33]);
  });
  it('bears nothing and all zero', () => {
    expect(fill([])).toEqual([]);
    expect(
      sum(
        fill([
          { id: 'a', weight: 0 },
          { id: 'b', weight: 0 },
        ]),
      ),
    ).toBe(100);
  });
});
