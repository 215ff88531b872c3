import { describe, expect, it } from 'vitest';
import { span, standing } from './due';

const now = Date.parse('2026-11-22T09:00:00Z');

describe('a due time', () => {
  it('is late once it has passed, soon within the hour, and fine before', () => {
    expect(standing('2026-11-22T08:59:59Z', now)).toBe('late');
    expect(standing('2026-11-22T09:00:00Z', now)).toBe('soon');
    expect(standing('2026-11-22T09:59:00Z', now)).toBe('soon');
    expect(standing('2026-11-22T10:00:00Z', now)).toBe('fine');
  });

  it('is said in at most two units', () => {
    expect(span(now, now + 90 * 60_000)).toEqual({ days: 0, hours: 1, minutes: 30 });
    expect(span(now, now - 59_000)).toEqual({ days: 0, hours: 0, minutes: 0 });
    expect(span(now, now + (26 * 60 + 5) * 60_000)).toEqual({ days: 1, hours: 2, minutes: 0 });
  });
});
