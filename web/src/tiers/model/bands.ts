/** How a value becomes points: a stair or a line. The same arithmetic as the server's, for the picture and the table. */
import type { Bands, Point, Step } from './indicators';

/** Points of a value. A value exactly on a step has the step's points. */
export function pointsOf(bands: Bands, value: number): number {
  if ('step' in bands) {
    let points = 0;
    for (const step of bands.step) {
      if (value < step.from) break;
      points = step.points;
    }
    return points;
  }
  const above = bands.linear.findIndex((point) => point.at > value);
  const high = above < 0 ? undefined : bands.linear[above];
  const low = above < 0 ? bands.linear.at(-1) : bands.linear[above - 1];
  if (low && high) return low.points + ((high.points - low.points) * (value - low.at)) / (high.at - low.at);
  return (low ?? high)?.points ?? 0;
}

/** A row of the table, the same for both forms. */
export interface BandRow {
  value: number;
  points: number;
}

export const rowsOf = (bands: Bands): BandRow[] =>
  'step' in bands
    ? bands.step.map(({ from, points }) => ({ value: from, points }))
    : bands.linear.map(({ at, points }) => ({ value: at, points }));

export const isStep = (bands: Bands): boolean => 'step' in bands;

export function fromRows(rows: readonly BandRow[], step: boolean): Bands {
  return step
    ? { step: rows.map(({ value, points }): Step => ({ from: value, points })) }
    : { linear: rows.map(({ value, points }): Point => ({ at: value, points })) };
}

/** One more band after the last: as far again as the last is from the one before, points to the top. */
export function withRow(rows: readonly BandRow[]): BandRow[] {
  const last = rows.at(-1);
  if (!last) return [{ value: 0, points: 0 }];
  const before = rows.at(-2);
  const width = before ? last.value - before.value : 1;
  return [...rows, { value: last.value + (width > 0 ? width : 1), points: Math.min(100, last.points + 20) }];
}

export type RowFault = 'not_rising' | 'points_range' | 'not_a_number';

/** What is wrong with each row: values must rise, points lie within 0–100. */
export function rowFaults(rows: readonly BandRow[]): (RowFault | undefined)[] {
  return rows.map((row, index) => {
    if (!Number.isFinite(row.value) || !Number.isFinite(row.points)) return 'not_a_number';
    if (row.points < 0 || row.points > 100) return 'points_range';
    const before = rows[index - 1];
    return before && row.value <= before.value ? 'not_rising' : undefined;
  });
}

/** The little picture: a path in a box of 100 × 100 units, y upwards turned down. Bands are drawn evenly wide, because
 *  amounts from 0 to 1,000,000 on a true axis would be a wall and a plain. */
export function pathOf(bands: Bands): string {
  const rows = rowsOf(bands);
  if (rows.length === 0) return '';
  const y = (points: number) => 100 - Math.min(100, Math.max(0, points));
  if (isStep(bands)) {
    const width = 100 / rows.length;
    return rows.map((row, i) => `${i ? 'V' : 'M0 '}${y(row.points)}H${round((i + 1) * width)}`).join('');
  }
  if (rows.length === 1) return `M0 ${y(rows[0]?.points ?? 0)}H100`;
  const width = 100 / (rows.length - 1);
  return rows.map((row, i) => `${i ? 'L' : 'M'}${round(i * width)} ${y(row.points)}`).join('');
}

const round = (value: number): number => Math.round(value * 100) / 100;
