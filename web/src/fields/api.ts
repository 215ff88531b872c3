import { useQuery } from '@tanstack/react-query';
import { get } from '../api/client';
import type { OwnField } from './model';

/** The fields in use, in their order. */
export function useFields() {
  return useQuery({
    queryKey: ['fields', 'open'],
    queryFn: ({ signal }) => get<{ items: OwnField[] }>('/fields', undefined, signal),
    select: (page) => page.items,
    staleTime: 5 * 60_000,
    retry: false,
  });
}

/** All fields with their state, for those who manage them. */
export function useAllFields() {
  return useQuery({
    queryKey: ['fields', 'all'],
    queryFn: ({ signal }) => get<{ items: OwnField[] }>('/fields', { all: true }, signal),
    select: (page) => page.items,
  });
}
