import type { LevelShare } from '../../tiers/api';

export interface VipSum {
  ranks: number[];
  customers: number;
  customerShare: number;
  revenue: number;
  revenueShare: number;
}

/** The levels that count as VIP: all above the lowest of the ladder; nobody without a level is one. */
export function vip(levels: readonly LevelShare[]): VipSum {
  const lowest = Math.min(...levels.filter((level) => level.rank > 0).map((level) => level.rank));
  const above = levels.filter((level) => level.rank > 0 && (level.rank > lowest || isOnly(levels)));
  const sum = (value: (level: LevelShare) => number) => above.reduce((total, level) => total + value(level), 0);
  return {
    ranks: above.map((level) => level.rank).sort((a, b) => a - b),
    customers: sum((level) => level.customers),
    customerShare: sum((level) => level.customer_share),
    revenue: sum((level) => Number(level.revenue)),
    revenueShare: sum((level) => level.revenue_share),
  };
}

const isOnly = (levels: readonly LevelShare[]): boolean => levels.filter((level) => level.rank > 0).length === 1;
