import { useMutation, useQuery } from '@tanstack/react-query';
import { get, post } from '../../api/client';
import type { Job, Words } from '../api';

export interface LtvFigures {
  /** Repeat purchases; days from the first to the last one; days since the first one. */
  frequency: number;
  recency_days: number;
  age_days: number;
  mean_value: number;
  /** 0 to 1. */
  p_alive: number;
  expected_purchases: number;
  discounted_purchases: number;
  expected_value: number;
  ltv: number;
}

export interface LtvRow extends LtvFigures {
  customer_id: string;
  customer_name: string;
  level_id: string | null;
  level_rank: number;
}

export interface LtvBar {
  /** The last one stands for this many and more. */
  purchases: number;
  actual: number;
  expected: number;
}

export interface LtvPoint {
  day: string;
  actual: number;
  expected: number;
}

export type LtvMethod = 'bg_nbd' | 'gamma_gamma' | 'average';

export interface LtvReport {
  method: LtvMethod;
  value_method: LtvMethod;
  as_of: string;
  horizon: number;
  horizon_days: number;
  discount: number;
  customers: number;
  repeat_customers: number;
  without_purchase: number;
  purchases: number;
  bg_nbd: { r: number; alpha: number; a: number; b: number; log_likelihood: number } | null;
  gamma_gamma: { p: number; q: number; v: number; log_likelihood: number } | null;
  typical: { first_year_purchases: number; days_between: number | null; leave_chance: number; order_value: number };
  histogram: LtvBar[];
  tracking: LtvPoint[];
  holdout: {
    from: string;
    to: string;
    customers: number;
    actual: number;
    expected: number;
    error: number | null;
    bins: { purchases: number; customers: number; actual: number; expected: number }[];
  } | null;
  warnings: { code: string; text: Words }[];
}

export interface LtvOverview {
  fit: { id: string; made_at: string; whole: boolean; report: LtvReport } | null;
  seen: { customers: number; alive: number; expected_purchases: number; ltv: number };
}

export interface CustomerLtv {
  figures: LtvFigures | null;
  as_of: string | null;
  method: LtvMethod | null;
  horizon_days: number | null;
  discount: number | null;
  sentence: Words;
}

export const useLtv = () =>
  useQuery({
    queryKey: ['tiering', 'ltv'],
    queryFn: ({ signal }) => get<LtvOverview>('/tiering/ltv', undefined, signal),
  });

export const useCustomerLtv = (id: string) =>
  useQuery({
    queryKey: ['customer', id, 'ltv'],
    queryFn: ({ signal }) => get<CustomerLtv>(`/customers/${id}/ltv`, undefined, signal),
  });

export interface LtvWish {
  horizon_weeks: number;
  discount: number;
}

export const useRefit = () => useMutation({ mutationFn: (wish: LtvWish) => post<Job>('/tiering/ltv/fits', wish) });
