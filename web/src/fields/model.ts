import dayjs, { type Dayjs } from 'dayjs';
import type { UrlState } from '../kit/useUrlState';

/** Fields of the organisation's own making: what they hold, how forms and filters write it. Pure. */
export const kinds = ['text', 'number', 'money', 'date', 'choice', 'choices', 'yes_no', 'person'] as const;
export type FieldKind = (typeof kinds)[number];

export interface Words {
  zh: string;
  en: string;
}

export interface FieldChoice {
  /** Given by the server; a new choice has none. */
  id: string;
  label: Words;
  colour?: string | null;
  retired: boolean;
}

export interface OwnField {
  id: string;
  key: string;
  kind: FieldKind;
  position: number;
  archived: boolean;
  name: Words;
  /** The name in both languages. */
  label: Words;
  help: Words;
  required: boolean;
  restricted: boolean;
  unit?: string | null;
  decimals?: number | null;
  min?: string | null;
  max?: string | null;
  choices: FieldChoice[];
  version: number;
  /** Customers have values of it; told to those who manage fields. */
  used?: boolean;
}

export type Values = Record<string, unknown>;

/** The values of a customer as the server sends them, by key. */
export const valuesOf = (customer: object): Values => (customer as { fields?: Values }).fields ?? {};

const isDay = (value: unknown): value is Dayjs => dayjs.isDayjs(value);

/** Values as the form's inputs hold them. */
export function toForm(fields: OwnField[], values: Values): Values {
  return Object.fromEntries(
    fields.map(({ key, kind }) => {
      const value = values[key];
      if (kind === 'date') return [key, typeof value === 'string' ? dayjs(value) : null];
      return [key, value ?? (kind === 'choices' ? [] : null)];
    }),
  );
}

function written(kind: FieldKind, value: unknown): unknown {
  if (value === undefined || value === null || value === '') return null;
  if (kind === 'date') return isDay(value) ? value.format('YYYY-MM-DD') : null;
  if (kind === 'choices') return Array.isArray(value) && value.length > 0 ? value : null;
  if (kind === 'money') return String(value);
  if (kind === 'text') return String(value).trim() || null;
  return value;
}

const same = (one: unknown, other: unknown) => JSON.stringify(one ?? null) === JSON.stringify(other ?? null);

/** What the form changed, as the server reads it: `null` empties a field, what stands as it was is left out. */
export function changes(fields: OwnField[], form: Values, before: Values): Values {
  const found: Values = {};
  for (const { key, kind } of fields) {
    const now = written(kind, form[key]);
    const old = kind === 'money' && typeof before[key] === 'string' ? before[key] : before[key];
    const equal = kind === 'money' && now !== null && old !== undefined ? Number(now) === Number(old) : same(now, old);
    if (!equal) found[key] = now;
  }
  return found;
}

/** The choices that a form offers: those in use, and a retired one that the customer has. */
export function offered(field: OwnField, value: unknown): FieldChoice[] {
  const had = Array.isArray(value) ? value : [value];
  return field.choices.filter((choice) => !choice.retired || had.includes(choice.id));
}

/** The address's name of a field's filter; ranges have two. */
export const filterKey = (field: OwnField, end?: 'from' | 'to') => `f.${field.key}${end ? `.${end}` : ''}`;

export const isFilter = (name: string) => name.startsWith('f.');

/** The condition of a list: what the address holds already, and the filters of own fields. */
export function conditionOf(fields: OwnField[], state: UrlState): string | undefined {
  const tests: unknown[] = [];
  for (const field of fields) {
    const subject = `field.${field.key}`;
    const [one, from, to] = [state[filterKey(field)], state[filterKey(field, 'from')], state[filterKey(field, 'to')]];
    const ends = field.kind === 'number' ? [from, to].map((end) => (end ? Number(end) : undefined)) : [from, to];
    if (field.kind === 'number' || field.kind === 'money' || field.kind === 'date') {
      if (ends[0] !== undefined && ends[0] !== '') tests.push({ field: subject, op: 'gte', value: ends[0] });
      if (ends[1] !== undefined && ends[1] !== '') tests.push({ field: subject, op: 'lte', value: ends[1] });
    } else if (one) {
      if (field.kind === 'yes_no') tests.push({ field: subject, op: 'eq', value: one === 'yes' });
      else if (field.kind === 'choices') tests.push({ field: subject, op: 'has_any', value: one.split(',') });
      else if (field.kind === 'text') tests.push({ field: subject, op: 'contains', value: one });
      else tests.push({ field: subject, op: 'in', value: one.split(',') });
    }
  }
  if (tests.length === 0) return state.condition;
  let held: unknown;
  try {
    held = state.condition ? JSON.parse(state.condition) : undefined;
  } catch {
    held = undefined;
  }
  return JSON.stringify({ all: held ? [held, ...tests] : tests });
}

/** Whether lists can be in the order of such a field. */
export const sorts = (kind: FieldKind) => kind !== 'choices' && kind !== 'person';

/** A list with one of its items moved by one place. */
export function moved<Item>(items: Item[], at: number, by: -1 | 1): Item[] {
  const next = [...items];
  const [one] = next.splice(at, 1);
  if (one !== undefined) next.splice(at + by, 0, one);
  return next;
}
