import { describe, expect, it } from 'vitest';
import { clock, ending } from './clock';

describe('the clock of shifts', () => {
  it('writes minutes as people do, also beyond midnight', () => {
    expect([0, 540, 1439, 1440, 1560].map(clock)).toEqual(['00:00', '09:00', '23:59', '24:00', '02:00']);
  });
  it('ends a night on the next day', () => {
    expect(ending(22 * 60, 6 * 60)).toBe(30 * 60);
    expect(ending(9 * 60, 18 * 60)).toBe(18 * 60);
    expect(ending(0, 0)).toBe(1440);
  });
});
