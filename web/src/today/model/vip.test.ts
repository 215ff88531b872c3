import { describe, expect, it } from 'vitest';
import type { LevelShare } from '../../tiers/api';
import { vip } from './vip';

const level = (rank: number, customers: number, revenue: string): LevelShare => ({
  level_id: `lvl_${rank}`,
  rank,
  name: { zh: `等级${rank}`, en: `Level ${rank}` },
  colour: '#8a6420',
  customers,
  customer_share: customers / 100,
  revenue,
  revenue_share: Number(revenue) / 1000,
});

describe('who counts as VIP', () => {
  it('is everyone above the lowest level, and nobody without one', () => {
    const sum = vip([level(0, 50, '10'), level(1, 30, '190'), level(2, 15, '300'), level(3, 5, '500')]);
    expect(sum.ranks).toEqual([2, 3]);
    expect(sum.customers).toBe(20);
    expect(sum.revenueShare).toBeCloseTo(0.8);
  });
  it('is the level itself when the ladder has only one', () => {
    expect(vip([level(0, 90, '100'), level(1, 10, '900')]).ranks).toEqual([1]);
  });
  it('is nobody when there is no ladder', () => {
    expect(vip([])).toEqual({ ranks: [], customers: 0, customerShare: 0, revenue: 0, revenueShare: 0 });
  });
});
