import { useQuery } from '@tanstack/react-query';
import { get, type Page } from '../api/client';
import type { LevelChange, Words } from './api';
import type { LifeOf } from './life/api';
import type { Unit } from './model/indicators';
import type { Comparison } from './model/rules';

export interface LevelFace {
  level_id: string;
  rank: number;
  name: Words;
  colour: string;
}

export interface IndicatorRow {
  id: string;
  name: Words;
  value: number | null;
  text: Words;
  unit: Unit;
  points: number;
  weight: number;
  band: { number: number; of: number; next: number | null } | null;
  threshold: number | null;
}

export interface DimensionRow {
  id: string;
  name: Words;
  weight: number;
  effective_weight: number;
  points: number;
  contribution: number;
  no_data: boolean;
  indicators: IndicatorRow[];
}

export interface ConditionRow {
  fact: string;
  text: Words;
  value: number | null;
  is: Comparison;
  threshold: number;
  unit: Unit;
  met: boolean;
  guard: boolean;
}

export interface Missing {
  fact: string;
  text: Words;
  value: number | null;
  threshold: number;
  gap: number;
  unit: Unit;
}

export interface Explanation extends LifeOf {
  level: LevelFace | null;
  since: string | null;
  as_of: string;
  score: number;
  loyalty: number | null;
  sentence: Words;
  dimensions: DimensionRow[];
  loyalty_dimensions: DimensionRow[];
  rfm: {
    r: number;
    f: number;
    m: number;
    group: string | null;
    name: Words | null;
    window: Words;
    days: number | null;
    orders: number;
    spend: number;
  };
  conditions: ConditionRow[];
  next: {
    level: LevelFace;
    missing: Missing[];
    cheapest: { text: Words; orders: number; amount: string | null } | null;
    progress: number;
  } | null;
}

export const useExplanation = (customer: string) =>
  useQuery({
    queryKey: ['tiering', 'level', customer],
    queryFn: ({ signal }) => get<Explanation>(`/customers/${customer}/level`, undefined, signal),
  });

export const useHistory = (customer: string) =>
  useQuery({
    queryKey: ['tiering', 'history', customer],
    queryFn: ({ signal }) => get<Page<LevelChange>>(`/customers/${customer}/levels`, undefined, signal),
  });
