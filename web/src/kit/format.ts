import dayjs from 'dayjs';

/** `12345.6` → `¥12,345.60`. Takes the decimal string of the API; never a float in between. */
export function money(amount: string | number | null | undefined, currency: string, digits = 2): string {
  if (amount === null || amount === undefined || amount === '') return '–';
  return new Intl.NumberFormat('zh-CN', {
    style: 'currency',
    currency,
    currencyDisplay: 'narrowSymbol',
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(amount as unknown as number); // a decimal string is formatted exactly (ES2023)
}

/** `1234567` → `¥123.5万` / `¥1.23M`: for headlines, with the whole amount in the title. */
export function moneyShort(amount: string | number | null | undefined, currency: string, language: string): string {
  if (amount === null || amount === undefined || amount === '') return '–';
  const value = Number(amount);
  if (Math.abs(value) < 10_000) return money(amount, currency, 0);
  return new Intl.NumberFormat(language, {
    style: 'currency',
    currency,
    currencyDisplay: 'narrowSymbol',
    notation: 'compact',
    maximumFractionDigits: Math.abs(value) < 100_000_000 ? 1 : 2,
  }).format(value);
}

export function count(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : new Intl.NumberFormat('zh-CN').format(value);
}

/** A share between 0 and 1 as `73.8 %`-style text without the space: `73.8%`. */
export function share(value: number | null | undefined, digits = 1): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '–';
  return `${(value * 100).toFixed(digits)}%`;
}

/** `+8613812345678` → `138****5678`: enough to tell people apart, too little to call them. */
export function maskPhone(phone: string): string {
  const local = phone.replace(/^\+86/, '').replace(/[\s-]/g, '');
  if (local.length < 7 || local.includes('*')) return local;
  return `${local.slice(0, 3)}${'*'.repeat(Math.max(4, local.length - 7))}${local.slice(-4)}`;
}

/** A day of the API (`2026-11-22`) stays as it is; an instant is shown in the organisation's zone. */
export function dayText(value: string | number | null | undefined, zone?: string): string {
  if (value === null || value === undefined || value === '') return '–';
  if (typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value)) return value;
  return inZone(value, zone).slice(0, 10);
}

/** `2026-11-22 16:05` in the organisation's zone. */
export function instantText(value: string | number | null | undefined, zone?: string): string {
  if (value === null || value === undefined || value === '') return '–';
  return inZone(value, zone);
}

function inZone(value: string | number, zone?: string): string {
  const at = dayjs(value);
  if (!at.isValid()) return String(value);
  const parts = new Intl.DateTimeFormat('sv-SE', {
    timeZone: zone || undefined,
    dateStyle: 'short',
    timeStyle: 'short',
  }).format(at.toDate());
  return parts.replace('T', ' ');
}

const steps: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['week', 7 * 86_400],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

/** `3 天前`, `in 2 hours`. `now` is a parameter so that tests stand still. */
export function relative(value: string | number, language: string, now: number = Date.now()): string {
  const seconds = (dayjs(value).valueOf() - now) / 1000;
  const format = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  // "Last month" may mean two days ago: only days have names.
  const exact = new Intl.RelativeTimeFormat(language, { numeric: 'always' });
  for (const [unit, size] of steps) {
    if (Math.abs(seconds) >= size) return (unit === 'day' ? format : exact).format(Math.trunc(seconds / size), unit);
  }
  return format.format(0, 'second');
}

/** Time left as a person says it: `约 3 分钟`. Parts for the caller's words. */
export function duration(seconds: number): { minutes: number; seconds: number } {
  const whole = Math.max(0, Math.round(seconds));
  return whole < 90 ? { minutes: 0, seconds: whole } : { minutes: Math.round(whole / 60), seconds: 0 };
}
