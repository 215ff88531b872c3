/** The pure part of the screens of a level's life. */
import type { Life, Validity } from '../model/rules';

export type Urgency = 'over' | 'urgent' | 'soon' | 'calm';

/** How near the end is: told in a word beside the colour. */
export function urgency(daysLeft: number): Urgency {
  if (daysLeft < 0) return 'over';
  if (daysLeft <= 7) return 'urgent';
  return daysLeft <= 30 ? 'soon' : 'calm';
}

/** How much of a condition is reached, 0 to 1; for "no more than" conditions how little is too much. */
export function reached(value: number | null | undefined, threshold: number): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) return 0;
  if (threshold === 0) return value <= 0 ? 1 : 0;
  const share = value > threshold ? threshold / value : value / threshold;
  return Math.max(0, Math.min(1, share));
}

/** Which row a key leads to. */
export function moved(at: number, key: string, rows: number): number {
  if (rows === 0) return -1;
  if (key === 'j') return Math.min(rows - 1, at + 1);
  if (key === 'k') return Math.max(0, at - 1);
  return at;
}

/** Splits results of a bulk decision into what worked and what did not. */
export function tally<Row extends { outcome: string; error?: unknown }>(
  results: Row[],
): { done: number; failed: Row[] } {
  const failed = results.filter((row) => row.error || row.outcome === 'failed' || row.outcome === 'refused');
  return { done: results.length - failed.length, failed };
}

/** What a run may be told to do in its state. */
export type RunAct = 'execute' | 'approve' | 'pause' | 'resume' | 'cancel';
export function actsOf(state: string): RunAct[] {
  switch (state) {
    case 'preview':
      return ['execute'];
    case 'running':
      return ['pause', 'cancel'];
    case 'paused':
      return ['resume', 'cancel'];
    case 'waiting_approval':
      return ['approve', 'cancel'];
    default:
      return [];
  }
}

export const VALIDITIES = ['months', 'calendar_date', 'joining_anniversary', 'end_of_next'] as const;
export type ValidityKind = (typeof VALIDITIES)[number];

export function kindOf(validity: Validity): ValidityKind {
  if (validity === 'joining_anniversary') return validity;
  if ('months' in validity) return 'months';
  return 'calendar_date' in validity ? 'calendar_date' : 'end_of_next';
}

/** A validity of another kind, with values that most houses begin with. */
export function validityOf(kind: ValidityKind): Validity {
  switch (kind) {
    case 'months':
      return { months: 12 };
    case 'calendar_date':
      return { calendar_date: { month: 12, day: 31 } };
    case 'end_of_next':
      return { end_of_next: 'year' };
    default:
      return 'joining_anniversary';
  }
}

/** The settings that a house begins with: a year, a month of observation, one step down. */
export function startLife(): Life {
  return {
    validity: { months: 12 },
    rounding: 'month',
    first_cycle_months: 0,
    observation_days: 30,
    observation_benefits: true,
    downgrade: 'one_step',
    floor: null,
    return_days: 90,
    notices: [90, 30, 7, 0],
    review: { cycle: null, brake: 0.1, borderline: null },
  };
}

/** `90, 30，7 0` → [90, 30, 7, 0]: each once, the earliest first, 0 to 366. */
export function readNotices(texts: readonly (string | number)[]): number[] {
  const days = texts
    .map((text) => Number(String(text).trim()))
    .filter((day) => Number.isInteger(day) && day >= 0 && day <= 366);
  return [...new Set(days)].sort((a, b) => b - a);
}

/** The days that a month has, 29 February left out: the last choice is the same every year. */
export const daysOf = (month: number): number => [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 31;
