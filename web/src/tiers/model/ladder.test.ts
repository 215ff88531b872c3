import { describe, expect, it } from 'vitest';
import { insertAbove, type Moving, retireLevel } from './ladder';

const level = (id: string, rank: number, value: number) => ({
  id,
  rank,
  name: { zh: id, en: id },
  colour: '#000000',
  entry: { need: 'all' as const, tests: [{ fact: 'spend', is: 'at_least' as const, value }] },
  guards: [],
});
const rules: Moving = {
  indicators: [],
  score: { dimensions: [] },
  levels: [level('a', 1, 0), level('b', 2, 100), level('c', 3, 500)],
};

describe('levels put in and taken out', () => {
  it('puts a level half-way between two others, who keep their ids', () => {
    const more = insertAbove(rules, 'b', 'n', { zh: '新', en: 'New' }, '#111111');
    expect(more.levels.map((each) => [each.id, each.rank])).toEqual([
      ['a', 1],
      ['b', 2],
      ['n', 3],
      ['c', 4],
    ]);
    expect(more.levels[2]?.entry?.tests?.[0]?.value).toBe(300);
  });
  it('puts one on top of the highest, and changes nothing for an unknown level', () => {
    expect(insertAbove(rules, 'c', 'n', { zh: '新', en: 'New' }, '#111111').levels).toHaveLength(4);
    expect(insertAbove(rules, 'x', 'n', { zh: '新', en: 'New' }, '#111111')).toBe(rules);
  });
  it('retires a level by the rules or into another, and remembers where', () => {
    const gone = retireLevel(rules, 'b', null);
    expect(gone.levels.map((each) => each.rank)).toEqual([1, 2]);
    expect(gone.moves).toBeUndefined();
    const merged = retireLevel(retireLevel(rules, 'b', 'c'), 'c', 'a');
    expect(merged.moves).toEqual([
      { from: 'b', to: 'c' },
      { from: 'c', to: 'a' },
    ]);
  });
});
