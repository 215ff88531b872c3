/**
 * A draft under edit: what was loaded, what has been made of it, and the way back. Saving happens against the loaded
 * version; when somebody else has saved in between, both edits are laid together and nothing typed is lost.
 */
import { type Clash, type Json, merge, same } from './merge';

export interface Draft<Rules> {
  /** What the server holds, as far as we know. */
  base: Rules;
  /** The version (`ETag`) of `base`. */
  version: string | null;
  rules: Rules;
  past: Rules[];
  future: Rules[];
  /** What somebody else changed too, differently; asked about before the next save. */
  clashes: Clash[];
}

export type DraftAction<Rules> =
  | { type: 'loaded'; rules: Rules; version: string | null }
  /** `gesture`: moves of one drag or of typing in one field are undone together. */
  | { type: 'edit'; rules: Rules; gesture?: 'continue' }
  | { type: 'undo' }
  | { type: 'redo' }
  | { type: 'discard' }
  | { type: 'saved'; rules: Rules; version: string | null }
  | { type: 'overtaken'; theirs: Rules; version: string | null }
  | { type: 'resolved'; keep: 'mine' | 'theirs'; clash: Clash };

const HISTORY = 100;

export const opened = <Rules>(rules: Rules, version: string | null): Draft<Rules> => ({
  base: rules,
  version,
  rules,
  past: [],
  future: [],
  clashes: [],
});

export const dirty = <Rules>(draft: Draft<Rules>): boolean =>
  !same(draft.base as unknown as Json, draft.rules as unknown as Json);

export function step<Rules>(draft: Draft<Rules>, action: DraftAction<Rules>): Draft<Rules> {
  switch (action.type) {
    case 'loaded':
      // A reload in the background must not throw an edit away.
      return dirty(draft) ? draft : opened(action.rules, action.version);
    case 'edit': {
      if (same(draft.rules as unknown as Json, action.rules as unknown as Json)) return draft;
      const past = action.gesture === 'continue' ? draft.past : [...draft.past, draft.rules].slice(-HISTORY);
      return { ...draft, rules: action.rules, past, future: [] };
    }
    case 'undo': {
      const before = draft.past.at(-1);
      if (before === undefined) return draft;
      return { ...draft, rules: before, past: draft.past.slice(0, -1), future: [draft.rules, ...draft.future] };
    }
    case 'redo': {
      const [after, ...rest] = draft.future;
      if (after === undefined) return draft;
      return { ...draft, rules: after, past: [...draft.past, draft.rules], future: rest };
    }
    case 'discard':
      return { ...opened(draft.base, draft.version), past: [...draft.past, draft.rules].slice(-HISTORY) };
    case 'saved':
      // What was typed while the save was under way stays an unsaved edit.
      return { ...draft, base: action.rules, version: action.version, clashes: [] };
    case 'overtaken': {
      const merged = merge(
        draft.base as unknown as Json,
        draft.rules as unknown as Json,
        action.theirs as unknown as Json,
      );
      return {
        ...draft,
        base: action.theirs,
        version: action.version,
        rules: merged.value as unknown as Rules,
        past: [...draft.past, draft.rules].slice(-HISTORY),
        future: [],
        clashes: merged.clashes,
      };
    }
    case 'resolved': {
      const clashes = draft.clashes.filter((each) => each !== action.clash);
      if (action.keep === 'mine') return { ...draft, clashes };
      const rules = put(draft.rules as unknown as Json, action.clash.path, action.clash.theirs) as unknown as Rules;
      return { ...draft, rules, past: [...draft.past, draft.rules].slice(-HISTORY), future: [], clashes };
    }
  }
}

/** Puts a value at a place; a list's member is named by its id or rank. `undefined` takes the place away. */
export function put(document: Json, path: (string | number)[], value: Json | undefined): Json {
  const [key, ...rest] = path;
  if (key === undefined) return value ?? null;
  if (Array.isArray(document)) {
    const index = document.findIndex((each) => memberKey(each) === String(key));
    const next = [...document];
    if (rest.length === 0 && value === undefined) {
      if (index >= 0) next.splice(index, 1);
    } else if (index >= 0) {
      next[index] = put(document[index] as Json, rest, value);
    } else if (rest.length === 0 && value !== undefined) {
      next.push(value);
    }
    return next;
  }
  const holder = document !== null && typeof document === 'object' ? { ...document } : {};
  if (rest.length === 0 && value === undefined) delete holder[key];
  else holder[key] = put(holder[key] ?? {}, rest, value);
  return holder;
}

const memberKey = (value: Json): string =>
  value !== null && typeof value === 'object' && !Array.isArray(value)
    ? String(value.id ?? value.rank ?? value.level_id ?? '')
    : '';
