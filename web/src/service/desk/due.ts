/** How a promise stands. */
export type Standing = 'late' | 'soon' | 'fine';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Due within the hour is soon. */
export function standing(due: string | number, now: number): Standing {
  const left = new Date(due).getTime() - now;
  if (left < 0) return 'late';
  return left < HOUR ? 'soon' : 'fine';
}

export interface Span {
  days: number;
  hours: number;
  minutes: number;
}

/** How far apart two instants are, in the two largest units that matter: 2 d 3 h, 3 h 5 min, 12 min. */
export function span(from: number, to: number): Span {
  const whole = Math.floor(Math.abs(to - from) / MINUTE);
  const days = Math.floor(whole / (DAY / MINUTE));
  const hours = Math.floor((whole % (DAY / MINUTE)) / 60);
  const minutes = whole % 60;
  if (days > 0) return { days, hours, minutes: 0 };
  return { days: 0, hours, minutes };
}
