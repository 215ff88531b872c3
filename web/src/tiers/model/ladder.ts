/** Levels put between others, merged and retired; a level keeps its id whatever its rank is. */
import type { Words } from '../api';
import type { Level, Rule, Rules } from './rules';

export interface LevelMove {
  from: string;
  to: string;
}

/** Rules with the moves of levels that are no more. */
export type Moving = Rules & { moves?: LevelMove[] };

const ranked = (levels: Level[]): Level[] =>
  levels.map((level, index) => (level.rank === index + 1 ? level : { ...level, rank: index + 1 }));

/** A new level right above another one, half-way to the next in every threshold that both have. */
export function insertAbove(rules: Rules, below: string, id: string, name: Words, colour: string): Rules {
  const levels = [...rules.levels].sort((a, b) => a.rank - b.rank);
  const at = levels.findIndex((level) => level.id === below);
  const lower = levels[at];
  if (!lower) return rules;
  const upper = levels[at + 1];
  const level: Level = {
    id,
    rank: at + 2,
    name,
    colour,
    entry: between(lower.entry ?? {}, upper?.entry),
    guards: [...(upper?.guards ?? lower.guards ?? [])],
  };
  levels.splice(at + 1, 0, level);
  return { ...rules, levels: ranked(levels) };
}

function between(lower: Rule, upper: Rule | undefined): Rule {
  if (!upper?.tests?.length && !upper?.groups?.length) {
    return lower.tests?.length ? lower : { need: 'all', tests: [{ fact: 'score', is: 'at_least', value: 80 }] };
  }
  const tests = (upper.tests ?? []).map((test) => {
    const under = lower.tests?.find((each) => each.fact === test.fact && each.is === test.is)?.value ?? 0;
    return { ...test, value: middle(under, test.value) };
  });
  return { ...upper, tests };
}

/** Half-way, in whole numbers where both ends are whole. */
const middle = (low: number, high: number): number => {
  const half = (low + high) / 2;
  return Number.isInteger(low) && Number.isInteger(high) ? Math.round(half) : half;
};

/** Takes a level away. Its customers go to `into`, or where the rules place them. */
export function retireLevel(rules: Moving, id: string, into: string | null): Moving {
  const moves = (rules.moves ?? []).filter((move) => move.from !== id);
  if (into) moves.push({ from: id, to: into });
  const { moves: _, ...rest } = rules;
  const levels = ranked(rules.levels.filter((level) => level.id !== id));
  return moves.length ? { ...rest, levels, moves } : { ...rest, levels };
}
