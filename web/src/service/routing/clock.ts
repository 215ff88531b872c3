/** Minutes of a day as people write them: 540 → 09:00; 1560 → 02:00 of the next day. */
export function clock(minute: number): string {
  const of = minute === 1440 ? 1440 : minute % 1440;
  return `${String(Math.floor(of / 60)).padStart(2, '0')}:${String(of % 60).padStart(2, '0')}`;
}

/** Every half hour of a day. */
export const halfHours = Array.from({ length: 48 }, (_, at) => at * 30);

/** The end of a shift that begins at `from` and ends at `until` on a clock: at or before the beginning it is the next day's. */
export const ending = (from: number, until: number): number => (until <= from ? until + 1440 : until);
