import { useQuery } from '@tanstack/react-query';
import { get, type Page } from '../api/client';

/** Words that the server keeps in both languages. */
export interface Words {
  zh: string;
  en: string;
}

export interface LevelShare {
  level_id: string | null;
  rank: number;
  name: Words | string;
  colour?: string | null;
  customers: number;
  customer_share: number;
  revenue: string;
  revenue_share: number;
}

export interface Overview {
  as_of: string;
  evaluated_at: string | null;
  total: number;
  revenue: string;
  levels: LevelShare[];
  pareto: {
    top20_customers: number;
    top20_share: number;
    top5_customers: number;
    top5_share: number;
    curve: [number, number][];
  };
  changes_30d: { up: number; down: number };
}

export const useOverview = () =>
  useQuery({
    queryKey: ['tiering', 'overview'],
    queryFn: ({ signal }) => get<Overview>('/tiering/overview', undefined, signal),
  });

export interface LevelChange {
  decision_id: string;
  customer_id: string;
  customer_name: string;
  from_rank: number;
  to_rank: number;
  from_name?: Words | string | null;
  to_name?: Words | string | null;
  as_of: string;
  decided_at: string;
  sentence: Words;
}

export const useChanges = (limit: number) =>
  useQuery({
    queryKey: ['tiering', 'changes', limit],
    queryFn: ({ signal }) => get<Page<LevelChange>>('/tiering/changes', { limit }, signal),
  });
