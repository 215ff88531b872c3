/** The rules of one version, as the server keeps them, and the edits that people make to them. */
import type { Words } from '../api';
import {
  type Dimension,
  freeId,
  hasSource,
  type Indicator,
  type Part,
  type Unit,
  unitOf,
  type Window,
} from './indicators';
import { fill } from './weights';

export type Comparison = 'at_least' | 'more_than' | 'at_most' | 'less_than';
export const COMPARISONS: Comparison[] = ['at_least', 'more_than', 'at_most', 'less_than'];
export const SYMBOL: Record<Comparison, string> = { at_least: '≥', more_than: '>', at_most: '≤', less_than: '<' };

/** A fact (an indicator's id or a fixed one) against a threshold in the fact's unit. */
export interface Test {
  fact: string;
  is: Comparison;
  value: number;
}

export type Need = 'all' | { any: number };

export interface Rule {
  need?: Need;
  tests?: Test[];
  groups?: Rule[];
}

export interface Level {
  id: string;
  rank: number;
  name: Words;
  colour: string;
  entry?: Rule;
  guards?: Test[];
  /** What keeps the level; its entry rule and guards where there is none. */
  keep?: Rule | null;
  /** Whether a person has to approve entering it. */
  approval?: boolean;
  /** What its benefits cost a customer and year, in the organisation's currency. */
  benefit_cost?: number | null;
}

export type Cycle = 'month' | 'quarter' | 'half_year' | 'year';
export type Validity =
  | 'joining_anniversary'
  | { months: number }
  | { calendar_date: { month: number; day: number } }
  | { end_of_next: Cycle };

/** How levels are held, kept and lost. */
export interface Life {
  validity: Validity;
  rounding?: 'none' | 'month' | 'quarter' | 'half_year';
  first_cycle_months?: number;
  observation_days: number;
  observation_benefits?: boolean;
  downgrade: 'one_step' | 'to_score' | 'to_base';
  floor?: string | null;
  return_days?: number;
  notices?: number[];
  review?: {
    cycle?: Cycle | null;
    brake?: number;
    borderline?: { delta: number; disagreement?: boolean } | null;
  };
}

export type Grading = 'quantile' | { bands: [number, number, number, number] };
export type Range = [number, number];

export interface RfmGroup {
  id: string;
  name: Words;
  r?: Range | null;
  f?: Range | null;
  m?: Range | null;
  fm?: Range | null;
}

export interface RfmSettings {
  window: Window;
  recency?: Grading;
  frequency?: Grading;
  monetary?: Grading;
  groups?: RfmGroup[];
}

export interface Score {
  dimensions: Dimension[];
}

export interface Rules {
  form?: number;
  indicators: Indicator[];
  rfm?: RfmSettings;
  score: Score;
  loyalty?: Score;
  levels: Level[];
  potential?: { near: number; window: Window };
  /** None: a level is held exactly as long as its entry rule holds. */
  life?: Life | null;
}

/** Facts that are there in every rule set beside the indicators. */
export const FIXED: { id: string; unit: Unit }[] = [
  { id: 'score', unit: 'points' },
  { id: 'loyalty', unit: 'points' },
  { id: 'rfm_r', unit: 'grade' },
  { id: 'rfm_f', unit: 'grade' },
  { id: 'rfm_m', unit: 'grade' },
];

export const MAX_LEVELS = 10;

export function unitOfFact(rules: Rules, fact: string): Unit {
  const indicator = rules.indicators.find((each) => each.id === fact);
  return indicator ? unitOf(indicator.source) : (FIXED.find((each) => each.id === fact)?.unit ?? 'count');
}

/** Facts that a condition may use: those that can have a value for anybody. */
export const factsOf = (rules: Rules): string[] => [
  ...rules.indicators.filter((indicator) => hasSource(indicator.source)).map((indicator) => indicator.id),
  ...FIXED.filter((fact) => fact.id !== 'loyalty' || (rules.loyalty?.dimensions.length ?? 0) > 0).map(
    (fact) => fact.id,
  ),
];

/** A dimension all of whose indicators lack a source: its weight goes to the others. */
export const isSilent = (rules: Rules, dimension: Dimension): boolean =>
  !dimension.indicators.some((part) => {
    const indicator = rules.indicators.find((each) => each.id === part.indicator);
    return indicator && hasSource(indicator.source) && part.weight > 0;
  });

/** Every condition of a rule, groups included. */
export const everyTest = (rule: Rule): Test[] => [...(rule.tests ?? []), ...(rule.groups ?? []).flatMap(everyTest)];

/** Where an indicator is used: what stands in the way of removing it. */
export function usesOf(rules: Rules, indicator: string): { dimensions: Words[]; levels: Words[] } {
  const inScore = (score: Score | undefined) =>
    (score?.dimensions ?? []).filter((dimension) => dimension.indicators.some((part) => part.indicator === indicator));
  return {
    dimensions: [...inScore(rules.score), ...inScore(rules.loyalty)].map((dimension) => dimension.name),
    levels: rules.levels
      .filter((level) =>
        [...everyTest(level.entry ?? {}), ...(level.guards ?? [])].some((test) => test.fact === indicator),
      )
      .map((level) => level.name),
  };
}

type WhichScore = 'score' | 'loyalty';

const inScore = (rules: Rules, which: WhichScore, change: (dimensions: Dimension[]) => Dimension[]): Rules => ({
  ...rules,
  [which]: { ...rules[which], dimensions: change(rules[which]?.dimensions ?? []) },
});

export const setWeights = (rules: Rules, which: WhichScore, weights: { id: string; weight: number }[]): Rules =>
  inScore(rules, which, (dimensions) =>
    dimensions.map((each) => ({ ...each, weight: weights.find(({ id }) => id === each.id)?.weight ?? each.weight })),
  );

export const setDimension = (rules: Rules, which: WhichScore, id: string, change: Partial<Dimension>): Rules =>
  inScore(rules, which, (dimensions) => dimensions.map((each) => (each.id === id ? { ...each, ...change } : each)));

export const addDimension = (rules: Rules, which: WhichScore, name: Words): Rules =>
  inScore(rules, which, (dimensions) => {
    const id = freeId(
      name.en,
      dimensions.map((each) => each.id),
    );
    return fill([...dimensions, { id, name, weight: dimensions.length ? 0 : 100, indicators: [] }]);
  });

/** The weight of a removed dimension goes to the others. */
export const removeDimension = (rules: Rules, which: WhichScore, id: string): Rules =>
  inScore(rules, which, (dimensions) => {
    const rest = dimensions.filter((each) => each.id !== id);
    return rest.length ? fill(rest) : rest;
  });

export const setPart = (
  rules: Rules,
  which: WhichScore,
  dimension: string,
  indicator: string,
  change: Partial<Part>,
): Rules =>
  inScore(rules, which, (dimensions) =>
    dimensions.map((each) =>
      each.id === dimension
        ? {
            ...each,
            indicators: each.indicators.map((part) => (part.indicator === indicator ? { ...part, ...change } : part)),
          }
        : each,
    ),
  );

/** Starting bands by unit: something sensible to edit, not an empty table. */
export function startBands(unit: Unit): Part['bands'] {
  const stair = (values: number[]) => ({
    step: values.map((from, i) => ({ from, points: [0, 40, 70, 100][i] ?? 100 })),
  });
  switch (unit) {
    case 'money':
      return stair([0, 1_000, 10_000, 100_000]);
    case 'count':
      return stair([0, 1, 5, 10]);
    case 'days':
      return {
        linear: [
          { at: 0, points: 100 },
          { at: 365, points: 0 },
        ],
      };
    case 'months':
      return stair([0, 3, 6, 12]);
    case 'years':
      return stair([0, 1, 3, 5]);
    case 'share':
      return {
        linear: [
          { at: 0, points: 0 },
          { at: 1, points: 100 },
        ],
      };
    case 'points':
      return {
        linear: [
          { at: 0, points: 0 },
          { at: 100, points: 100 },
        ],
      };
    case 'grade':
      return stair([1, 2, 4, 5]);
  }
}

export const addPart = (rules: Rules, which: WhichScore, dimension: string, indicator: string): Rules =>
  inScore(rules, which, (dimensions) =>
    dimensions.map((each) =>
      each.id === dimension
        ? {
            ...each,
            indicators: [
              ...each.indicators,
              { indicator, weight: each.indicators[0]?.weight ?? 1, bands: startBands(unitOfFact(rules, indicator)) },
            ],
          }
        : each,
    ),
  );

export const removePart = (rules: Rules, which: WhichScore, dimension: string, indicator: string): Rules =>
  inScore(rules, which, (dimensions) =>
    dimensions.map((each) =>
      each.id === dimension
        ? { ...each, indicators: each.indicators.filter((part) => part.indicator !== indicator) }
        : each,
    ),
  );

export const setIndicator = (rules: Rules, id: string, change: Partial<Omit<Indicator, 'id'>>): Rules => ({
  ...rules,
  indicators: rules.indicators.map((each) => (each.id === id ? { ...each, ...change } : each)),
});

export function addIndicator(rules: Rules, name: Words): Rules {
  const id = freeId(name.en, [...rules.indicators.map((each) => each.id), ...FIXED.map((each) => each.id)]);
  const source = { measure: { of: 'net_spend', aggregate: 'sum', window: { days: 365 } } } as const;
  return { ...rules, indicators: [...rules.indicators, { id, name, source }] };
}

export const removeIndicator = (rules: Rules, id: string): Rules => ({
  ...rules,
  indicators: rules.indicators.filter((each) => each.id !== id),
});

export const setLevel = (rules: Rules, id: string, change: Partial<Omit<Level, 'id'>>): Rules => ({
  ...rules,
  levels: rules.levels.map((each) => (each.id === id ? { ...each, ...change } : each)),
});

export const removeLevel = (rules: Rules, id: string): Rules => ({
  ...rules,
  levels: ranked(rules.levels.filter((each) => each.id !== id)),
});

/** A new level on top, a little harder to enter than the one below it. */
export function addLevel(rules: Rules, id: string, name: Words, colour: string): Rules {
  const top = [...rules.levels].sort((a, b) => a.rank - b.rank).at(-1);
  const level: Level = {
    id,
    rank: (top?.rank ?? 0) + 1,
    name,
    colour,
    entry: harder(top?.entry),
    guards: [...(top?.guards ?? [])],
  };
  return { ...rules, levels: [...rules.levels, level] };
}

function harder(rule: Rule | undefined): Rule {
  const tests = (rule?.tests ?? []).map((test) =>
    test.fact === 'score' && test.is === 'at_least' ? { ...test, value: Math.min(100, test.value + 10) } : test,
  );
  return tests.length || rule?.groups?.length
    ? { ...rule, tests }
    : { need: 'all', tests: [{ fact: 'score', is: 'at_least', value: 80 }] };
}

/** Moves a level one place up or down; ranks stay 1, 2, 3 … */
export function moveLevel(rules: Rules, id: string, by: 1 | -1): Rules {
  const levels = [...rules.levels].sort((a, b) => a.rank - b.rank);
  const at = levels.findIndex((each) => each.id === id);
  const other = levels[at + by];
  const own = levels[at];
  if (!own || !other) return rules;
  levels[at] = other;
  levels[at + by] = own;
  return { ...rules, levels: ranked(levels) };
}

const ranked = (levels: Level[]): Level[] =>
  levels.map((level, index) => (level.rank === index + 1 ? level : { ...level, rank: index + 1 }));

/** An id in the server's form: time-ordered, `lvl_` and 32 hex digits. */
export function newLevelId(now: number, random: Uint8Array): string {
  const bytes = new Uint8Array(16);
  bytes.set(random.subarray(0, 16));
  for (let i = 0; i < 6; i += 1) bytes[i] = Math.floor(now / 2 ** (8 * (5 - i))) & 0xff;
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  return `lvl_${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
