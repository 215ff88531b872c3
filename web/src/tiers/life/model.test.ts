import { describe, expect, it } from 'vitest';
import {
  actsOf,
  daysOf,
  kindOf,
  moved,
  reached,
  readNotices,
  startLife,
  tally,
  urgency,
  VALIDITIES,
  validityOf,
} from './model';

describe('the end of a level', () => {
  it('is more urgent the nearer it is', () => {
    expect([-1, 0, 7, 8, 30, 31].map(urgency)).toEqual(['over', 'urgent', 'urgent', 'soon', 'soon', 'calm']);
  });
  it('shows how much is reached, upwards and downwards, and nothing where there is no value', () => {
    expect(reached(60_000, 100_000)).toBe(0.6);
    expect(reached(0.4, 0.2)).toBe(0.5);
    expect(reached(null, 5)).toBe(0);
    expect(reached(0, 0)).toBe(1);
  });
});

describe('the queue by keyboard', () => {
  it('stays inside the list', () => {
    expect([moved(-1, 'j', 3), moved(2, 'j', 3), moved(0, 'k', 3), moved(1, 'a', 3), moved(4, 'j', 0)]).toEqual([
      0, 2, 0, 1, -1,
    ]);
  });
  it('counts what a bulk decision did and names what it did not', () => {
    const results = [{ outcome: 'approved' }, { outcome: 'refused' }, { outcome: 'approved', error: { detail: 'x' } }];
    expect(tally(results)).toEqual({ done: 1, failed: results.slice(1) });
  });
});

describe('runs', () => {
  it('can be told only what fits their state', () => {
    expect(actsOf('waiting_approval')).toEqual(['approve', 'cancel']);
    expect(actsOf('running')).toEqual(['pause', 'cancel']);
    expect(actsOf('done')).toEqual([]);
  });
});

describe('settings', () => {
  it('of every kind of validity are known again', () => {
    for (const kind of VALIDITIES) expect(kindOf(validityOf(kind))).toBe(kind);
    expect(kindOf(startLife().validity)).toBe('months');
  });
  it('take notices in any order, each once, and refuse nonsense', () => {
    expect(readNotices(['7', 30, ' 90', '7', '-1', 'x', '400', 0])).toEqual([90, 30, 7, 0]);
  });
  it('know the days of a month', () => {
    expect([daysOf(2), daysOf(4), daysOf(12)]).toEqual([28, 30, 31]);
  });
});
