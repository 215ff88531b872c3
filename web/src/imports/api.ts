import type { Schemas } from '../api/types';

export const kinds = ['order_lines', 'orders', 'customers', 'interactions'] as const;
export type ImportKind = (typeof kinds)[number];

/** What a column can be, in the order in which people look for it. */
export const fields = [
  'customer_id',
  'phone',
  'email',
  'customer_name',
  'id',
  'occurred_at',
  'occurred_time',
  'amount',
  'quantity',
  'unit_price',
  'sku',
  'category',
  'currency',
  'channel',
  'of_order',
  'direction',
  'subject',
  'body',
  'customer_kind',
  'gender',
  'birthday',
  'region',
  'city',
  'note',
  'joined_day',
  'customer_category',
] as const;
export type FieldName = (typeof fields)[number];

export type DateOrder = Schemas['DateOrder'];

export interface ReadOptions {
  encoding?: string;
  delimiter?: string;
  sheet?: string;
  header_row?: number;
}

export interface Mapping {
  kind: ImportKind;
  source: string;
  columns: Partial<Record<FieldName, string>>;
  constants?: Partial<Record<FieldName, string>>;
  date_order?: DateOrder;
  time_zone?: string;
  cancellation?: { id_prefix?: string; negative?: boolean };
  drop_zero?: boolean;
  skip?: { column: string; values: string[] };
  read?: ReadOptions;
}

export type Words = Schemas['Text'];

export type Shape = Schemas['Shape'];

export type State = Schemas['ImportState'];

export type Import = Omit<Schemas['Import'], 'mapping' | 'suggested_mapping'> & {
  mapping?: Mapping | null;
  suggested_mapping?: Mapping | null;
};

export type Will = Schemas['Will'];

export type PreviewRow = Schemas['PreviewRow'];

export type Preview = Schemas['Preview'];

export type NamedMapping = Omit<Schemas['NamedMapping'], 'mapping'> & { mapping: Mapping };

/** Fields that make sense for a kind of file. */
export function fieldsOf(kind: ImportKind): FieldName[] {
  const person: FieldName[] = ['customer_id', 'phone', 'email', 'customer_name'];
  const profile: FieldName[] = ['customer_kind', 'gender', 'birthday', 'region', 'city', 'note', 'joined_day'];
  if (kind === 'customers') return [...person, ...profile, 'customer_category'];
  if (kind === 'interactions')
    return [...person, 'id', 'occurred_at', 'occurred_time', 'channel', 'direction', 'subject', 'body'];
  return [
    ...person,
    'id',
    'occurred_at',
    'occurred_time',
    'amount',
    'quantity',
    'unit_price',
    'sku',
    'category',
    'currency',
    'channel',
    'of_order',
    ...profile,
  ];
}

/** What has to be chosen yet before the file can be read with this mapping. */
export function missing(mapping: Mapping): ('customer' | FieldName)[] {
  const has = (field: FieldName) => !!mapping.columns[field] || !!mapping.constants?.[field];
  const found: ('customer' | FieldName)[] = [];
  if (!has('customer_id') && !has('phone') && !has('email')) found.push('customer');
  if (mapping.kind !== 'customers' && !has('occurred_at')) found.push('occurred_at');
  if (mapping.kind === 'orders' || mapping.kind === 'order_lines') {
    if (!has('id')) found.push('id');
    if (!has('amount') && !(has('quantity') && has('unit_price'))) found.push('amount');
  }
  return found;
}

/** Gives a column its field. A field belongs to one column, so the column that had it loses it. */
export function assign(mapping: Mapping, column: string, field: FieldName | undefined): Mapping {
  const columns = Object.fromEntries(
    Object.entries(mapping.columns).filter(([name, held]) => held !== column && name !== field),
  ) as Mapping['columns'];
  if (field) columns[field] = column;
  return { ...mapping, columns };
}

export function fieldOf(mapping: Mapping, column: string): FieldName | undefined {
  return (Object.entries(mapping.columns) as [FieldName, string][]).find(([, held]) => held === column)?.[0];
}

/** What undoing takes away, without the parts that are not there. */
export function undoParts(
  found: Pick<Import, 'orders' | 'refunds' | 'interactions' | 'customers'>,
): { part: 'orders' | 'refunds' | 'interactions' | 'customers'; n: number }[] {
  return (['orders', 'refunds', 'interactions', 'customers'] as const)
    .map((part) => ({ part, n: found[part] }))
    .filter(({ n }) => n > 0);
}

/** The day after the last activity: the first day on which levels see all of it. */
export function dayAfter(day: string): string {
  const next = new Date(`${day}T00:00:00Z`);
  next.setUTCDate(next.getUTCDate() + 1);
  return next.toISOString().slice(0, 10);
}

/** Whether the data end long enough ago that levels as of today would all be low. */
export function isOld(day: string | null | undefined, today: string): boolean {
  if (!day) return false;
  return Date.parse(today) - Date.parse(day) > 45 * 86_400_000;
}
