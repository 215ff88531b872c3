import { useQuery } from '@tanstack/react-query';
import { get } from '../../api/client';

export const METRICS = ['first_response', 'next_response', 'update', 'resolution'] as const;
export type Metric = (typeof METRICS)[number];
export const UNITS = ['working_minutes', 'working_days', 'minutes'] as const;
export type Unit = (typeof UNITS)[number];
export const MODES = ['keep', 'tighten', 'retarget', 'restart'] as const;
export type Mode = (typeof MODES)[number];
export const ROLES = ['assignee', 'manager', 'group', 'supervisor'] as const;
export type Role = (typeof ROLES)[number];
export const KINDS = ['complaint', 'suggestion', 'question', 'praise'] as const;
export const PRIORITIES = ['urgent', 'high', 'normal', 'low'] as const;

export interface Target {
  metric: Metric;
  amount: number;
  unit: Unit;
  pauses: ('waiting' | 'held')[];
}

export type StepAt = { percent: number } | { minutes: number };

export interface Step {
  metric?: Metric | null;
  at: StepAt;
  to: Role[];
  staff: string[];
}

export interface Policy {
  id: string;
  place: number;
  name: string;
  active: boolean;
  calendar_id: string;
  vip?: boolean;
  rank_from?: number | null;
  rank_to?: number | null;
  kinds: string[];
  priorities: string[];
  targets: Target[];
  mode: Mode;
  steps: Step[];
  version: number;
}

export interface Tried {
  policy: Policy | null;
  opened_at: string;
  dues: { target: Target; due_at: string | null; days: { day: string; minutes: number; hours: string[] }[] }[];
  looked_at: { id: string; name: string; matches: boolean }[];
}

export const usePolicies = () =>
  useQuery({
    queryKey: ['service', 'policies'],
    queryFn: ({ signal }) => get<{ items: Policy[] }>('/service-policies', undefined, signal),
  });

/** Hours where they are whole, else minutes. */
export function lengthOf(target: { amount: number; unit: Unit }): { amount: number; word: string } {
  if (target.unit === 'working_days') return { amount: target.amount, word: 'working_days' };
  const working = target.unit === 'working_minutes' ? 'working_' : '';
  return target.amount % 60 === 0
    ? { amount: target.amount / 60, word: `${working}hours` }
    : { amount: target.amount, word: `${working}minutes` };
}
