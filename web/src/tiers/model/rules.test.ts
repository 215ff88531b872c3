import { describe, expect, it } from 'vitest';
import {
  addDimension,
  addLevel,
  addPart,
  everyTest,
  factsOf,
  isSilent,
  moveLevel,
  newLevelId,
  type Rules,
  removeDimension,
  removeLevel,
  setWeights,
  startBands,
  unitOfFact,
  usesOf,
} from './rules';

const words = (text: string) => ({ zh: text, en: text });
const rules: Rules = {
  indicators: [
    {
      id: 'spend',
      name: words('净消费'),
      source: { measure: { of: 'net_spend', aggregate: 'sum', window: { days: 365 } } },
    },
    { id: 'fame', name: words('影响力'), source: { attribute: 'influence' } },
  ],
  score: {
    dimensions: [
      {
        id: 'spending',
        name: words('消费贡献'),
        weight: 60,
        indicators: [{ indicator: 'spend', weight: 1, bands: startBands('money') }],
      },
      {
        id: 'influence',
        name: words('品牌影响力'),
        weight: 40,
        indicators: [{ indicator: 'fame', weight: 1, bands: startBands('points') }],
      },
    ],
  },
  levels: [
    { id: 'a', rank: 1, name: words('银卡'), colour: '#888888', entry: {} },
    {
      id: 'b',
      rank: 2,
      name: words('金卡'),
      colour: '#aa8800',
      entry: {
        need: { any: 1 },
        tests: [{ fact: 'score', is: 'at_least', value: 75 }],
        groups: [{ tests: [{ fact: 'spend', is: 'at_least', value: 100_000 }] }],
      },
      guards: [{ fact: 'spend', is: 'more_than', value: 0 }],
    },
  ],
};

describe('facts', () => {
  it('have units, and those that nobody keeps are not offered', () => {
    expect(unitOfFact(rules, 'spend')).toBe('money');
    expect(unitOfFact(rules, 'score')).toBe('points');
    expect(factsOf(rules)).toEqual(['spend', 'score', 'rfm_r', 'rfm_f', 'rfm_m']);
  });
  it('tell where they are used, groups and guards too', () => {
    expect(everyTest(rules.levels[1]?.entry ?? {}).map((test) => test.fact)).toEqual(['score', 'spend']);
    expect(usesOf(rules, 'spend')).toEqual({ dimensions: [words('消费贡献')], levels: [words('金卡')] });
    expect(usesOf(rules, 'nothing')).toEqual({ dimensions: [], levels: [] });
  });
});

describe('dimensions', () => {
  it('without a source are named as such', () => {
    expect(rules.score.dimensions.map((dimension) => isSilent(rules, dimension))).toEqual([false, true]);
  });
  it('always add up to 100', () => {
    const sum = (edited: Rules) => edited.score.dimensions.reduce((all, each) => all + each.weight, 0);
    expect(sum(addDimension(rules, 'score', words('New')))).toBe(100);
    expect(removeDimension(rules, 'score', 'influence').score.dimensions[0]?.weight).toBe(100);
    expect(removeDimension(removeDimension(rules, 'score', 'influence'), 'score', 'spending').score.dimensions).toEqual(
      [],
    );
    expect(
      sum(
        setWeights(rules, 'score', [
          { id: 'spending', weight: 30 },
          { id: 'influence', weight: 70 },
        ]),
      ),
    ).toBe(100);
  });
  it('take a new indicator with bands of its unit', () => {
    const part = addPart(rules, 'score', 'influence', 'spend').score.dimensions[1]?.indicators[1];
    expect(part?.bands).toEqual(startBands('money'));
  });
  it('begin a loyalty score where there was none', () => {
    expect(addDimension(rules, 'loyalty', words('忠诚')).loyalty?.dimensions).toHaveLength(1);
  });
});

describe('levels', () => {
  it('are added on top, harder than the one below', () => {
    const top = addLevel(rules, 'c', words('钻石卡'), '#4b3f8f').levels[2];
    expect([top?.rank, top?.entry?.tests?.[0]?.value, top?.guards]).toEqual([3, 85, rules.levels[1]?.guards]);
  });
  it('keep ranks without gaps when one goes or moves, and their ids', () => {
    expect(removeLevel(rules, 'a').levels.map(({ id, rank }) => [id, rank])).toEqual([['b', 1]]);
    expect(moveLevel(rules, 'a', 1).levels.map(({ id, rank }) => [id, rank])).toEqual([
      ['b', 1],
      ['a', 2],
    ]);
    expect(moveLevel(rules, 'b', 1)).toBe(rules);
  });
  it('get ids in the form that the server reads', () => {
    const id = newLevelId(1_795_000_000_000, new Uint8Array(16).fill(0xff));
    expect(id).toMatch(/^lvl_[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$/);
    expect(Number.parseInt(id.slice(4, 16), 16)).toBe(1_795_000_000_000);
  });
});
