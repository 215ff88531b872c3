/**
 * The condition language of the server (segments, filters, rules) as the editor handles it: a tree of groups over
 * single tests. Pure; the JSON that goes over the line is made by `write` and understood by `read`.
 */
export type FieldType =
  | 'text'
  | 'choice'
  | 'integer'
  | 'number'
  | 'money'
  | 'day'
  | 'bool'
  | 'level'
  | 'tags'
  | 'segment'
  | 'id'
  | 'choices';

export type Op =
  | 'eq'
  | 'ne'
  | 'lt'
  | 'lte'
  | 'gt'
  | 'gte'
  | 'between'
  | 'in'
  | 'not_in'
  | 'contains'
  | 'starts_with'
  | 'empty'
  | 'not_empty'
  | 'within_days'
  | 'older_than_days'
  | 'has_any'
  | 'has_all'
  | 'has_none';

export type Aggregate = 'sum' | 'count' | 'days' | 'days_since';

export interface Words {
  zh: string;
  en: string;
}

export interface Field {
  id: string;
  type: FieldType;
  label: Words;
  choices?: { value: string; label: Words }[];
  prefix?: string;
}

export interface Measure {
  id: string;
  type: FieldType;
  label: Words;
  aggregates: Aggregate[];
}

export interface Catalogue {
  fields: Field[];
  measures: Measure[];
}

/** How the parts of a group are joined. `none` is written as `not any`. */
export type Join = 'all' | 'any' | 'none';

export interface Group {
  join: Join;
  parts: Part[];
}

export interface Test {
  field?: string;
  measure?: string;
  aggregate?: Aggregate;
  window_days?: number | null;
  op: Op;
  value?: unknown;
}

export type Part = Group | Test;

export const isGroup = (part: Part): part is Group => 'parts' in part;

const operators: Record<FieldType, Op[]> = {
  text: ['eq', 'ne', 'contains', 'starts_with', 'empty', 'not_empty'],
  choice: ['in', 'not_in', 'empty', 'not_empty'],
  integer: ['gte', 'lte', 'gt', 'lt', 'eq', 'ne', 'between'],
  number: ['gte', 'lte', 'gt', 'lt', 'eq', 'ne', 'between', 'empty', 'not_empty'],
  money: ['gte', 'lte', 'gt', 'lt', 'eq', 'ne', 'between'],
  day: ['within_days', 'older_than_days', 'gte', 'lte', 'between', 'empty', 'not_empty'],
  bool: ['eq'],
  level: ['in', 'not_in', 'gte', 'lte'],
  tags: ['has_any', 'has_all', 'has_none'],
  segment: ['in', 'not_in'],
  id: ['in', 'not_in', 'empty', 'not_empty'],
  choices: ['has_any', 'has_all', 'has_none', 'empty', 'not_empty'],
};

/** The type of what a test compares. */
export function typeOf(test: Test, catalogue: Catalogue): FieldType | undefined {
  if (test.measure) {
    const measure = catalogue.measures.find((one) => one.id === test.measure);
    return measure && (test.aggregate === 'sum' || !test.aggregate ? measure.type : 'integer');
  }
  return catalogue.fields.find((one) => one.id === test.field)?.type;
}

export function operatorsOf(test: Test, catalogue: Catalogue): Op[] {
  const type = typeOf(test, catalogue);
  const found = type ? operators[type] : [];
  // What somebody wrote through the API stays choosable.
  return found.includes(test.op) ? found : [test.op, ...found];
}

/** The shape of the value that an operator wants. */
export function operand(op: Op): 'nothing' | 'one' | 'many' | 'range' | 'days' {
  if (op === 'empty' || op === 'not_empty') return 'nothing';
  if (op === 'between') return 'range';
  if (op === 'within_days' || op === 'older_than_days') return 'days';
  if (op === 'in' || op === 'not_in' || op.startsWith('has_')) return 'many';
  return 'one';
}

/** A fresh test of a field or measure: its first operator, no value yet. */
export function testOf(id: string, catalogue: Catalogue): Test {
  const measure = catalogue.measures.find((one) => `measure:${one.id}` === id);
  if (measure) return { measure: measure.id, aggregate: measure.aggregates[0], window_days: 365, op: 'gte' };
  const field = catalogue.fields.find((one) => one.id === id);
  const op = field ? (operators[field.type][0] ?? 'eq') : 'eq';
  return { field: id, op, value: field?.type === 'bool' ? true : undefined };
}

/** The same test with another operator; the value is kept where it still fits. */
export function withOp(test: Test, op: Op): Test {
  return { ...test, op, value: operand(op) === operand(test.op) ? test.value : undefined };
}

export function isComplete(test: Test): boolean {
  const filled = (value: unknown) => value !== undefined && value !== null && value !== '';
  switch (operand(test.op)) {
    case 'nothing':
      return true;
    case 'many':
      return Array.isArray(test.value) && test.value.length > 0;
    case 'range':
      return Array.isArray(test.value) && test.value.length === 2 && test.value.every(filled);
    default:
      return filled(test.value);
  }
}

/** JSON of the complete tests; those still being written are left out. */
export function write(group: Group): unknown {
  const parts = group.parts
    .map((part) => (isGroup(part) ? write(part) : isComplete(part) ? writeTest(part) : undefined))
    .filter((part) => part !== undefined);
  if (group.join === 'none') return parts.length ? { not: { any: parts } } : { all: [] };
  if (group.join === 'any' && parts.length === 0) return { all: [] };
  return { [group.join]: parts };
}

function writeTest(test: Test): unknown {
  const { value, window_days, ...rest } = test;
  return {
    ...rest,
    ...(test.measure && window_days ? { window_days } : {}),
    ...(operand(test.op) === 'nothing' ? {} : { value }),
  };
}

/** The tree of a condition's JSON. A single test becomes a group of one; the unknown becomes an empty group. */
export function read(json: unknown): Group {
  const part = readPart(json);
  if (!part) return { join: 'all', parts: [] };
  return isGroup(part) ? part : { join: 'all', parts: [part] };
}

function readPart(json: unknown): Part | undefined {
  if (typeof json !== 'object' || json === null) return undefined;
  const object = json as Record<string, unknown>;
  for (const join of ['all', 'any'] as const) {
    const list = object[join];
    if (Array.isArray(list)) return { join, parts: list.map(readPart).filter((part) => part !== undefined) };
  }
  if ('not' in object) {
    const inner = readPart(object.not);
    if (!inner) return undefined;
    return isGroup(inner) && inner.join === 'any'
      ? { join: 'none', parts: inner.parts }
      : { join: 'none', parts: [inner] };
  }
  if (typeof object.op === 'string') return object as unknown as Test;
  return undefined;
}

/** How many tests are complete: nothing to count before the first. */
export function tests(group: Group): number {
  return group.parts.reduce((sum, part) => sum + (isGroup(part) ? tests(part) : isComplete(part) ? 1 : 0), 0);
}
