import { describe, expect, it } from 'vitest';
import { merge, same } from './merge';

const base = {
  name: '会员',
  dimensions: [
    { id: 'spending', weight: 40 },
    { id: 'potential', weight: 60 },
  ],
  levels: [{ rank: 1, score: 50 }],
};

describe('two edits of one draft', () => {
  it('both stay when they touch different things', () => {
    const mine = {
      ...base,
      dimensions: [
        { id: 'spending', weight: 30 },
        { id: 'potential', weight: 60 },
      ],
    };
    const theirs = { ...base, name: '贵宾', levels: [{ rank: 1, score: 60 }] };
    expect(merge(base, mine, theirs)).toEqual({
      value: { name: '贵宾', dimensions: mine.dimensions, levels: theirs.levels },
      clashes: [],
    });
  });

  it('asks only about what both changed differently, and keeps mine until answered', () => {
    const mine = { ...base, levels: [{ rank: 1, score: 55 }] };
    const theirs = { ...base, levels: [{ rank: 1, score: 60 }] };
    const merged = merge(base, mine, theirs);
    expect(merged.clashes).toEqual([{ path: ['levels', '1', 'score'], base: 50, mine: 55, theirs: 60 }]);
    expect(merged.value).toEqual(mine);
  });

  it('does not ask when both did the same', () => {
    const both = { ...base, name: '尊客' };
    expect(merge(base, both, { ...both })).toEqual({ value: both, clashes: [] });
  });

  it('keeps what either added and drops what either removed', () => {
    const mine = { ...base, levels: [...base.levels, { rank: 2, score: 80 }] };
    const theirs = {
      ...base,
      dimensions: [{ id: 'spending', weight: 40 }],
      levels: [...base.levels, { rank: 3, score: 90 }],
    };
    expect(merge(base, mine, theirs)).toEqual({
      value: {
        name: '会员',
        dimensions: [{ id: 'spending', weight: 40 }],
        levels: [
          { rank: 1, score: 50 },
          { rank: 2, score: 80 },
          { rank: 3, score: 90 },
        ],
      },
      clashes: [],
    });
  });

  it('asks when one removed what the other changed', () => {
    const merged = merge(base, { ...base, levels: [] }, { ...base, levels: [{ rank: 1, score: 60 }] });
    expect(merged.clashes).toHaveLength(1);
  });

  it('takes lists without ids as a whole', () => {
    expect(merge([1, 2], [1, 2, 3], [1]).clashes).toHaveLength(1);
  });
});

describe('sameness', () => {
  it('ignores the order of keys, not of lists', () => {
    expect(same({ a: 1, b: [1, 2] }, { b: [1, 2], a: 1 })).toBe(true);
    expect(same([1, 2], [2, 1])).toBe(false);
    expect(same({ a: 1 }, { a: 1, b: null })).toBe(false);
  });
});
