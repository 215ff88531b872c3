import { useQuery } from '@tanstack/react-query';
import { get, type Page, type Query } from '../../api/client';
import type { Words } from '../managers/api';

export const KINDS = ['visit', 'call', 'video', 'message'] as const;
export type Kind = (typeof KINDS)[number];
export const MOODS = ['good', 'neutral', 'bad'] as const;
export type Mood = (typeof MOODS)[number];
export const STANDINGS = ['overdue', 'due', 'planned', 'covered'] as const;
export type Standing = (typeof STANDINGS)[number];

export interface Visit {
  id: string;
  customer_id: string;
  customer_name: string;
  level_rank: number;
  staff_id: string;
  staff_name: string;
  kind: Kind;
  state: 'planned' | 'done' | 'cancelled';
  day: string;
  purpose: string | null;
  notes: string | null;
  mood: Mood | null;
  reason: string | null;
  version: number;
}

export interface Sum {
  customers: number;
  covered: number;
  planned: number;
  due: number;
  overdue: number;
}

export interface Plan {
  level_id: string;
  visits: number;
  per: 'month' | 'quarter';
}

export interface Plans {
  items: Plan[];
  levels: { level_id: string; rank: number; name: Words; colour: string }[];
}

export interface Coverage {
  as_of: string;
  levels: (Plan & Sum & { first: string; last: string })[];
  managers: (Sum & { staff_id: string | null; name: string | null })[];
  items: {
    customer_id: string;
    customer_name: string;
    level_rank: number;
    owner_id: string | null;
    promised: number;
    done: number;
    planned: number;
    last_day: string | null;
    until: string;
    standing: Standing;
  }[];
  total: number;
  all: Sum;
}

export interface Spread {
  items: { customer_id: string; customer_name: string; level_rank: number; day: string }[];
  left: string[];
  applied: boolean;
}

export const useVisits = (query: Query) =>
  useQuery({
    queryKey: ['service', 'visits', query],
    queryFn: ({ signal }) => get<Page<Visit>>('/visits', query, signal),
  });

export const usePlans = () =>
  useQuery({
    queryKey: ['service', 'visit-plans'],
    queryFn: ({ signal }) => get<Plans>('/visit-plans', undefined, signal),
  });

export const useCoverage = (query: Query) =>
  useQuery({
    queryKey: ['service', 'coverage', query],
    queryFn: ({ signal }) => get<Coverage>('/visits/coverage', query, signal),
    placeholderData: (before) => before,
  });
