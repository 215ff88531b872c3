/** The rules as the server keeps them: indicators, windows, and how values become points. */
import type { Words } from '../api';

export type Measure =
  | 'orders'
  | 'gross_spend'
  | 'refunds'
  | 'refund_amount'
  | 'net_spend'
  | 'quantity'
  | 'contacts'
  | 'inbound_contacts'
  | 'product_lines';

export type Aggregate =
  | 'sum'
  | 'per_order'
  | 'max_per_day'
  | 'largest_day_share'
  | 'share_of_gross'
  | 'days_since_last'
  | 'days_since_first'
  | 'years_since_first'
  | 'active_days'
  | 'active_months'
  | 'active_years'
  | 'distinct'
  | 'new_distinct'
  | 'momentum';

export type Unit = 'money' | 'count' | 'days' | 'months' | 'years' | 'share' | 'points' | 'grade';

export type CalendarUnit = 'month' | 'quarter' | 'year';
export type Window = 'lifetime' | { days: number } | { calendar: { unit: CalendarUnit; back?: number } };

export interface MeasureSource {
  of: Measure;
  aggregate: Aggregate;
  window: Window;
}
export type Source = { measure: MeasureSource } | { profile: 'joined_years' } | { attribute: string };

export interface Indicator {
  id: string;
  name: Words;
  source: Source;
}

export interface Step {
  from: number;
  points: number;
}
export interface Point {
  at: number;
  points: number;
}
export type Bands = { step: Step[] } | { linear: Point[] };

export interface Part {
  indicator: string;
  weight: number;
  bands: Bands;
  missing?: number;
}

export interface Dimension {
  id: string;
  name: Words;
  weight: number;
  indicators: Part[];
}

const MONEY: Measure[] = ['gross_spend', 'refund_amount', 'net_spend'];

/** Which ways of counting mean something for a measure; the server refuses the others. */
const FITS: Record<Aggregate, Measure[]> = {
  sum: ['orders', 'gross_spend', 'refunds', 'refund_amount', 'net_spend', 'quantity', 'contacts', 'inbound_contacts'],
  per_order: ['gross_spend', 'net_spend', 'quantity'],
  max_per_day: ['orders', 'gross_spend', 'quantity', 'contacts'],
  largest_day_share: ['gross_spend'],
  share_of_gross: ['refund_amount'],
  days_since_last: ['orders', 'refunds', 'contacts', 'inbound_contacts'],
  days_since_first: ['orders', 'refunds', 'contacts', 'inbound_contacts'],
  years_since_first: ['orders', 'refunds', 'contacts', 'inbound_contacts'],
  active_days: ['orders', 'contacts'],
  active_months: ['orders', 'contacts'],
  active_years: ['orders', 'contacts'],
  distinct: ['product_lines'],
  new_distinct: ['product_lines'],
  momentum: [
    'orders',
    'gross_spend',
    'refunds',
    'refund_amount',
    'net_spend',
    'quantity',
    'contacts',
    'inbound_contacts',
  ],
};

export const MEASURES = [
  'net_spend',
  'gross_spend',
  'orders',
  'quantity',
  'product_lines',
  'refunds',
  'refund_amount',
  'contacts',
  'inbound_contacts',
] as const satisfies readonly Measure[];

export const aggregatesFor = (measure: Measure): Aggregate[] =>
  (Object.keys(FITS) as Aggregate[]).filter((aggregate) => FITS[aggregate].includes(measure));

/** Another measure keeps the way of counting where it fits, and takes the first that fits where not. */
export function withMeasure(source: MeasureSource, of: Measure): MeasureSource {
  const fitting = aggregatesFor(of);
  const aggregate = fitting.includes(source.aggregate) ? source.aggregate : (fitting[0] ?? 'sum');
  return { ...source, of, aggregate };
}

export function unitOf(source: Source): Unit {
  if ('profile' in source) return 'years';
  if ('attribute' in source) return 'points';
  const { of, aggregate } = source.measure;
  switch (aggregate) {
    case 'sum':
    case 'per_order':
    case 'max_per_day':
      return MONEY.includes(of) ? 'money' : 'count';
    case 'largest_day_share':
    case 'share_of_gross':
    case 'momentum':
      return 'share';
    case 'days_since_last':
    case 'days_since_first':
    case 'active_days':
      return 'days';
    case 'active_months':
      return 'months';
    case 'years_since_first':
    case 'active_years':
      return 'years';
    case 'distinct':
    case 'new_distinct':
      return 'count';
  }
}

export type OwnKind = 'field' | 'tag' | 'segment';

/** What an attribute names: a field of our own, a tag or a segment. Nobody keeps anything under another name. */
export function ownKind(attribute: string): OwnKind | null {
  const kind = attribute.slice(0, Math.max(attribute.indexOf('.'), 0));
  return kind === 'field' || kind === 'tag' || kind === 'segment' ? kind : null;
}

/** A dimension that rests on an attribute that nobody keeps gives its weight to the others. */
export const hasSource = (source: Source): boolean => !('attribute' in source) || ownKind(source.attribute) !== null;

/** Days run out before a window of another kind does; what a change of kind starts with. */
export function windowOf(kind: 'lifetime' | 'days' | CalendarUnit): Window {
  if (kind === 'lifetime') return 'lifetime';
  if (kind === 'days') return { days: 365 };
  return { calendar: { unit: kind, back: 0 } };
}

export function kindOf(window: Window): 'lifetime' | 'days' | CalendarUnit {
  if (window === 'lifetime') return 'lifetime';
  return 'days' in window ? 'days' : window.calendar.unit;
}

/** A free id for a new member of a list: `net_spend`, `net_spend_2` … */
export function freeId(wanted: string, taken: readonly string[]): string {
  const stem =
    wanted
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '_')
      .replace(/^_+|_+$/g, '') || 'item';
  if (!taken.includes(stem)) return stem;
  for (let n = 2; ; n += 1) if (!taken.includes(`${stem}_${n}`)) return `${stem}_${n}`;
}
