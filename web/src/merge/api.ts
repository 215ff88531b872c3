import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { get, type Page } from '../api/client';

export interface Words {
  zh: string;
  en: string;
}

export interface Pair {
  one: string;
  one_name: string;
  other: string;
  other_name: string;
  score: number;
  likeness: 'sure' | 'likely';
  why: Words[];
}

export const BY = ['name', 'phone'] as const;
export const LIKENESS = ['sure', 'likely'] as const;

export const FIELDS = [
  'name',
  'gender',
  'birthday',
  'region',
  'city',
  'note',
  'source',
  'joined_day',
  'owner_id',
  'department_id',
] as const;
export type Field = (typeof FIELDS)[number];

export interface Preview {
  refused?: Words;
  choices: { field: Field; target: unknown; source: unknown }[];
  moves: { what: string; rows: number }[];
  level_rank: number;
  sealed: string[];
}

export interface Merged {
  id: string;
  source_id: string;
  source_name: string;
  undone: boolean;
  reason: string;
  merged_by: string | null;
  merged_at: string;
}

export interface Sealed {
  field: { id: string; name: Words };
  masked: string | null;
}

export interface Since {
  kind: string;
  label: string;
  at: string;
}

export interface Filters {
  by: string | undefined;
  likeness: string | undefined;
  dismissed: boolean;
}

export function useDuplicates({ by, likeness, dismissed }: Filters) {
  return useInfiniteQuery({
    queryKey: ['merge', 'duplicates', by, likeness, dismissed],
    queryFn: ({ pageParam, signal }) =>
      get<Page<Pair>>(
        '/duplicates',
        { by, likeness, dismissed: dismissed || undefined, after: pageParam || undefined },
        signal,
      ),
    initialPageParam: '',
    getNextPageParam: (last) => last.next || undefined,
  });
}

export function useAlike(id: string, enabled: boolean) {
  return useQuery({
    queryKey: ['merge', 'alike', id],
    queryFn: ({ signal }) => get<{ items: Pair[] }>(`/customers/${id}/duplicates`, undefined, signal),
    select: (list) => list.items,
    enabled,
    staleTime: 30_000,
  });
}

export function useMerges(id: string) {
  return useQuery({
    queryKey: ['merge', 'merges', id],
    queryFn: ({ signal }) => get<{ items: Merged[] }>(`/customers/${id}/merges`, undefined, signal),
    select: (list) => list.items.filter((one) => !one.undone),
    staleTime: 30_000,
  });
}

export function usePreview(stays: string, goes: string) {
  return useQuery({
    queryKey: ['merge', 'preview', stays, goes],
    queryFn: ({ signal }) => get<Preview>(`/customers/${stays}/merge-preview`, { source_id: goes }, signal),
    staleTime: 0,
    retry: false,
  });
}

export function useSealed(id: string, enabled: boolean) {
  return useQuery({
    queryKey: ['merge', 'sealed', id],
    queryFn: ({ signal }) => get<{ items: Sealed[] }>(`/customers/${id}/sensitive`, undefined, signal),
    select: (list) => list.items,
    enabled,
  });
}
