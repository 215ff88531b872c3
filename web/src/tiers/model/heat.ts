/** The RFM picture: 5 × 5 × 5 cells laid down to the 5 × 5 of recency and frequency. */
export interface RfmCell {
  r: number;
  f: number;
  m: number;
  customers: number;
  /** Decimal string of the organisation's currency. */
  revenue: string;
}

export interface HeatCell {
  r: number;
  f: number;
  customers: number;
  revenue: number;
}

export type HeatMeasure = 'customers' | 'revenue';

export const SCORES = [1, 2, 3, 4, 5] as const;

/** One sheet of the picture: all money scores together, or only one. Every one of the 25 places is there. */
export function sheet(cells: readonly RfmCell[], money?: number): HeatCell[] {
  const places = new Map<string, HeatCell>();
  for (const f of SCORES) for (const r of SCORES) places.set(`${r}${f}`, { r, f, customers: 0, revenue: 0 });
  for (const cell of cells) {
    if (money !== undefined && cell.m !== money) continue;
    const place = places.get(`${cell.r}${cell.f}`);
    if (!place) continue;
    place.customers += cell.customers;
    place.revenue += Number(cell.revenue);
  }
  return [...places.values()];
}

/** How deep a cell is coloured, 0–1. A root, because one crowded corner would leave the rest white. */
export function depth(value: number, highest: number): number {
  if (value <= 0 || highest <= 0) return 0;
  return Math.sqrt(Math.min(value, highest) / highest);
}

/** The shade of a cell, 0 (nothing) to 6. Dark text stands on 0–3, light on 4–6: no shade lies between. */
export const shade = (deep: number): number => (deep <= 0 ? 0 : Math.min(6, 1 + Math.floor(deep * 6)));

export const highestOf = (cells: readonly HeatCell[], measure: HeatMeasure): number =>
  Math.max(0, ...cells.map((cell) => cell[measure]));
