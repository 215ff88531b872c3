/**
 * Two people edit one draft. Whoever saves second loses nothing: both edits are laid over the version they started
 * from, and only what both changed, differently, is asked about.
 */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A place in a document: keys, and for a list of things with ids, the id. */
export type Path = (string | number)[];

export interface Clash {
  path: Path;
  base: Json | undefined;
  mine: Json | undefined;
  theirs: Json | undefined;
}

export interface Merged {
  /** Both edits; at a clash, mine. */
  value: Json;
  clashes: Clash[];
}

export function merge(base: Json, mine: Json, theirs: Json): Merged {
  const clashes: Clash[] = [];
  const value = lay([], base, mine, theirs, clashes);
  return { value: value ?? null, clashes };
}

function lay(
  path: Path,
  base: Json | undefined,
  mine: Json | undefined,
  theirs: Json | undefined,
  clashes: Clash[],
): Json | undefined {
  if (same(mine, theirs) || same(base, theirs)) return mine;
  if (same(base, mine)) return theirs;
  if (isMap(base) && isMap(mine) && isMap(theirs)) {
    const result: { [key: string]: Json } = {};
    for (const key of new Set([...Object.keys(mine), ...Object.keys(theirs)])) {
      const value = lay([...path, key], base[key], mine[key], theirs[key], clashes);
      if (value !== undefined) result[key] = value;
    }
    return result;
  }
  if (isKeyed(base) && isKeyed(mine) && isKeyed(theirs)) {
    // My order, then what they have added.
    const order = [...mine, ...theirs].map(keyOf).filter((key, index, all) => all.indexOf(key) === index);
    const find = (list: Keyed[], key: string) => list.find((each) => keyOf(each) === key);
    return order
      .map((key) => lay([...path, key], find(base, key), find(mine, key), find(theirs, key), clashes))
      .filter((each): each is Json => each !== undefined);
  }
  clashes.push({ path, base, mine, theirs });
  return mine;
}

type Keyed = { [key: string]: Json };

const isMap = (value: Json | undefined): value is { [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const keyOf = (value: Keyed): string => String(value.id ?? value.rank ?? value.level_id ?? '');

const isKeyed = (value: Json | undefined): value is Keyed[] =>
  Array.isArray(value) &&
  value.every((each) => isMap(each) && keyOf(each) !== '') &&
  new Set(value.map((each) => keyOf(each as Keyed))).size === value.length;

/** Whether two documents say the same; the order of an object's keys says nothing. */
export function same(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((each, index) => same(each, b[index]));
  }
  if (isMap(a) && isMap(b)) {
    const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
    return [...keys].every((key) => same(a[key], b[key]));
  }
  return false;
}
