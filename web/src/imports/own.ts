import { assign, type FieldName, fieldOf, type Mapping } from './api';

/** A mapping with own fields (key ← column), which files of customers may fill. */
export type OwnMapping = Mapping & { fields?: Record<string, string> };

const OWN = 'field.';

/** What a column is: a field that every house has, or `field.<key>`. */
export function partOf(mapping: OwnMapping, column: string): string | undefined {
  const own = Object.entries(mapping.fields ?? {}).find(([, held]) => held === column)?.[0];
  return own ? OWN + own : fieldOf(mapping, column);
}

/** Gives a column its part. A part belongs to one column, so the column that had it loses it. */
export function give(mapping: OwnMapping, column: string, part: string | undefined): OwnMapping {
  const own = part?.startsWith(OWN) ? part.slice(OWN.length) : undefined;
  const next: OwnMapping = assign(mapping, column, own ? undefined : (part as FieldName | undefined));
  const fields = Object.fromEntries(
    Object.entries(mapping.fields ?? {}).filter(([key, held]) => held !== column && key !== own),
  );
  if (own) fields[own] = column;
  return withFields(next, fields);
}

/** The mapping with these own fields; with none the word is left out. */
export function withFields(mapping: OwnMapping, fields: Record<string, string>): OwnMapping {
  const { fields: _, ...rest } = mapping;
  return Object.keys(fields).length > 0 ? { ...rest, fields } : rest;
}

/** What the list of a column offers for own fields. */
export const partOfKey = (key: string) => OWN + key;
