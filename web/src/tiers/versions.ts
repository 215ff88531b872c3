import { useQuery } from '@tanstack/react-query';
import { get, type Page, post } from '../api/client';
import type { Words } from './api';
import type { Rules } from './model/rules';

/** A version of a programme's rules. */
export interface Version {
  id: string;
  number: number;
  state: 'scheduled' | 'published' | 'retired' | 'cancelled';
  note: string;
  published_at: string;
  published_by: string | null;
  /** The day from which it holds; none: it held at once. */
  effective_from: string | null;
  live_at: string | null;
  /** The number of the version whose rules these are again. */
  restored_from: number | null;
}

export interface Difference {
  part: 'levels' | 'weights' | 'points' | 'indicators' | 'rfm' | 'life' | 'potential';
  kind: 'added' | 'removed' | 'changed';
  text: Words;
}

export interface Comparison {
  from: number | null;
  to: number | null;
  items: Difference[];
}

export const useVersions = (programme: string | undefined) =>
  useQuery({
    queryKey: ['tiering', 'versions', programme],
    queryFn: ({ signal }) => get<Page<Version>>(`/tiering/programmes/${programme}/versions`, undefined, signal),
    enabled: !!programme,
  });

/** A version's rules never change: once read they are kept. */
export const useVersion = (programme: string | undefined, number: number | undefined) =>
  useQuery({
    queryKey: ['tiering', 'version', programme, number],
    queryFn: ({ signal }) =>
      get<Version & { rules: Rules }>(`/tiering/programmes/${programme}/versions/${number}`, undefined, signal),
    enabled: !!programme && number !== undefined,
  });

export const useComparison = (programme: string | undefined, number: number | undefined, beside?: number) =>
  useQuery({
    queryKey: ['tiering', 'comparison', programme, number, beside ?? null],
    queryFn: ({ signal }) =>
      get<Comparison>(`/tiering/programmes/${programme}/versions/${number}/changes`, { with: beside }, signal),
    enabled: !!programme && number !== undefined,
  });

/** What rules would change of those in force. */
export const useDraftComparison = (programme: string, rules: Rules, open: boolean) =>
  useQuery({
    queryKey: ['tiering', 'draft-comparison', programme, rules],
    queryFn: ({ signal }) => post<Comparison>(`/tiering/programmes/${programme}/compare`, { rules }, { signal }),
    enabled: open,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
  });
