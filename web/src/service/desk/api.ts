import { type QueryClient, useQuery } from '@tanstack/react-query';
import { get, type Page, type Query } from '../../api/client';
import type { Counts, Named, TicketRow, WholeTicket } from './types';

/** Everything about tickets stands under these keys, so that news can put it out of date. */
export const keys = {
  counts: ['service', 'counts'],
  lines: ['service', 'lines'],
  ticket: (id: string) => ['service', 'ticket', id],
} as const;

/** The list of `QueryTable` has its own key. */
const TABLE = ['list', '/tickets'];

/** A list that stays open is asked again from time to time even where no news comes through. */
const AGAIN = 60_000;

export function useCounts(team = false) {
  return useQuery({
    queryKey: [...keys.counts, team],
    queryFn: ({ signal }) => get<Counts>('/service/counts', { team: team || undefined }, signal),
    refetchInterval: AGAIN,
    placeholderData: (before) => before,
  });
}

export function useLines(query: Query, enabled = true) {
  return useQuery({
    queryKey: [...keys.lines, query],
    queryFn: ({ signal }) => get<Page<TicketRow>>('/tickets', query, signal),
    refetchInterval: AGAIN,
    placeholderData: (before) => before,
    enabled,
  });
}

export function useTicket(id: string) {
  return useQuery({
    queryKey: keys.ticket(id),
    queryFn: ({ signal }) => get<WholeTicket>(`/tickets/${id}`, undefined, signal),
    refetchInterval: AGAIN,
  });
}

/** After a ticket was changed here or elsewhere: lists, counts, and the ticket where it is open. */
export function outdated(queries: QueryClient, id?: string) {
  void queries.invalidateQueries({ queryKey: keys.counts });
  void queries.invalidateQueries({ queryKey: keys.lines });
  void queries.invalidateQueries({ queryKey: TABLE });
  if (id) void queries.invalidateQueries({ queryKey: keys.ticket(id) });
  else void queries.invalidateQueries({ queryKey: ['service', 'ticket'] });
}

export interface Group extends Named {
  archived?: boolean;
}

/** The groups that tickets are routed to. */
export function useGroups() {
  return useQuery({
    queryKey: ['service', 'groups'],
    queryFn: ({ signal }) => get<Page<Group>>('/service-groups', undefined, signal),
    select: (page) => page.items.filter((group) => !group.archived),
    staleTime: 5 * 60_000,
    retry: false,
  });
}
