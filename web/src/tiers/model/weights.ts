/**
 * Weights that keep adding up to 100 while one of them is being moved.
 *
 * Whole points only: a person reads "28", not "28.333", and whole numbers add up to 100 exactly.
 */
export interface Weight {
  id: string;
  weight: number;
}

const FULL = 100;

const total = (weights: readonly Weight[]): number => weights.reduce((sum, { weight }) => sum + weight, 0);

/**
 * The highest value that a weight may take: what the locked ones leave.
 * When every other weight is locked there is nothing to give or take, and the answer is the only value possible.
 */
export function ceiling(weights: readonly Weight[], id: string, locked: ReadonlySet<string>): number {
  const held = total(weights.filter((each) => each.id !== id && locked.has(each.id)));
  return Math.max(0, FULL - held);
}

/** Whether a weight can be moved at all: it's free itself, and another free one can take the difference. */
export function movable(weights: readonly Weight[], id: string, locked: ReadonlySet<string>): boolean {
  return !locked.has(id) && weights.some((each) => each.id !== id && !locked.has(each.id));
}

/**
 * Moves one weight to a value; the other free weights give or take the difference in proportion to what they had
 * in `weights` (evenly when they had nothing). `weights` is best the state at the start of a drag: proportions then
 * survive a slider that goes to 100 and comes back.
 */
export function moveWeight<T extends Weight>(
  weights: readonly T[],
  id: string,
  value: number,
  locked: ReadonlySet<string> = new Set(),
): T[] {
  if (!movable(weights, id, locked)) return [...weights];
  const wanted = Math.min(Math.max(0, Math.round(value)), ceiling(weights, id, locked));
  const others = weights.filter((each) => each.id !== id && !locked.has(each.id));
  const room = ceiling(weights, id, locked) - wanted;
  const shares = apportion(
    room,
    others.map((each) => each.weight),
  );
  const given = new Map(others.map((each, index) => [each.id, shares[index] ?? 0]));
  return weights.map((each) =>
    each.id === id ? { ...each, weight: wanted } : { ...each, weight: given.get(each.id) ?? each.weight },
  );
}

/** Brings weights of any sum (a new dimension, an old file) to 100, keeping their proportions. */
export function fill<T extends Weight>(weights: readonly T[]): T[] {
  const shares = apportion(
    FULL,
    weights.map((each) => each.weight),
  );
  return weights.map((each, index) => ({ ...each, weight: shares[index] ?? 0 }));
}

/** Deals out `whole` points in proportion to `claims`, largest remainder first, the earlier one on a tie. */
function apportion(whole: number, claims: readonly number[]): number[] {
  const positive = claims.map((claim) => Math.max(0, claim));
  const sum = positive.reduce((a, b) => a + b, 0);
  const exact = positive.map((claim) => (sum > 0 ? (whole * claim) / sum : whole / positive.length));
  const floors = exact.map(Math.floor);
  let left = Math.round(whole - floors.reduce((a, b) => a + b, 0));
  const order = exact
    .map((value, index) => ({ index, rest: value - Math.floor(value) }))
    .sort((a, b) => b.rest - a.rest || a.index - b.index);
  for (const { index } of order) {
    if (left <= 0) break;
    floors[index] = (floors[index] ?? 0) + 1;
    left -= 1;
  }
  return floors;
}
