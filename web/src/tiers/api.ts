import { keepPreviousData, useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { get, type Page } from '../api/client';
import type { Schemas } from '../api/types';
import type { LevelFace } from './explain';
import type { RfmCell } from './model/heat';
import type { Rules } from './model/rules';
import type { Version } from './versions';

/** Words that the server keeps in both languages. */
export type Words = Schemas['Text'];

export type LevelShare = Schemas['LevelSum'];

export interface Overview {
  /** The day of the last evaluation of everyone; none before the first. */
  as_of: string | null;
  evaluated_at: string | null;
  total: number;
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

/** Of the primary programme where none is named. */
export const useOverview = (programme?: string) =>
  useQuery({
    queryKey: ['tiering', 'overview', programme ?? null],
    queryFn: ({ signal }) => get<Overview>('/tiering/overview', { programme }, signal),
  });

export interface LevelChange {
  id: string;
  customer_id: string;
  customer_name: string;
  change:
    | 'entered'
    | 'raised'
    | 'lowered'
    | 'moved'
    | 'left'
    | 'kept'
    | 'observed'
    | 'recovered'
    | 'returned'
    | 'asked'
    | 'beneath';
  cause: 'activity' | 'evaluation' | 'rules';
  from_rank: number;
  to_rank: number;
  /** As they were called when it was decided. */
  from: LevelFace | null;
  to: LevelFace | null;
  as_of: string;
  decided_at: string | number;
  score: number;
  reason: Words;
}

export const useChanges = (limit: number, programme?: string) =>
  useInfiniteQuery({
    queryKey: ['tiering', 'changes', limit, programme ?? null],
    queryFn: ({ pageParam, signal }) =>
      get<Page<LevelChange>>('/tiering/changes', { limit, programme, after: pageParam || undefined }, signal),
    initialPageParam: '',
    getNextPageParam: (last) => last.next || undefined,
  });

export type Potential = Schemas['PotentialVip'];

export const usePotentials = (limit: number, programme?: string) =>
  useQuery({
    queryKey: ['tiering', 'potentials', limit, programme ?? null],
    queryFn: ({ signal }) => get<Page<Potential>>('/tiering/potentials', { limit, programme }, signal),
    placeholderData: keepPreviousData,
  });

export interface RfmGroupCount {
  id: string;
  name: Words;
  customers: number;
  revenue: string;
}

export interface RfmMap {
  window: Words | null;
  cells: RfmCell[];
  groups: RfmGroupCount[];
}

export const useRfm = (programme?: string) =>
  useQuery({
    queryKey: ['tiering', 'rfm', programme ?? null],
    queryFn: ({ signal }) => get<RfmMap>('/tiering/rfm', { programme }, signal),
  });

export interface ProgrammeLine {
  id: string;
  name: Words;
  is_primary: boolean;
  /** The version in force; none before the first. */
  published: string | null;
  evaluated_at: string | null;
  /** Set aside: it decides nothing any more. */
  archived_at: string | null;
}

/** A programme with its rules: those in force, and the draft where there is one. */
export interface Programme extends ProgrammeLine {
  /** What decides levels now. */
  rules: Rules | null;
  draft: Rules | null;
  /** What a save or a publication is made on (`If-Match`). */
  version: number;
  /** The version that waits for its day. */
  scheduled: Version | null;
}

export const useProgrammes = () =>
  useQuery({
    queryKey: ['tiering', 'programmes'],
    queryFn: ({ signal }) => get<Page<ProgrammeLine>>('/tiering/programmes', undefined, signal),
  });

export const fetchProgramme = (id: string, signal?: AbortSignal): Promise<Programme> =>
  get<Programme>(`/tiering/programmes/${id}`, undefined, signal);

export const useProgramme = (id: string | undefined) =>
  useQuery({
    queryKey: ['tiering', 'programme', id],
    queryFn: ({ signal }) => fetchProgramme(id ?? '', signal),
    enabled: !!id,
  });

export type Template = Schemas['Template'];

export const useTemplates = () =>
  useQuery({
    queryKey: ['tiering', 'templates'],
    queryFn: ({ signal }) => get<Template[]>('/tiering/templates', undefined, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });

export interface SimulatedLevel {
  level_id: string | null;
  rank: number;
  name: Words;
  colour: string;
  customers: number;
  revenue: string;
  revenue_share: number;
  /** Customers of this level now. */
  before: number;
}

/** Customers from a rank on record to a rank of the rules that are tried. */
export interface Flow {
  from: number;
  to: number;
  customers: number;
  revenue: string;
  direction: 'up' | 'down' | 'stay';
}

export interface Simulated {
  as_of: string;
  levels: SimulatedLevel[];
  /** The levels on record. */
  before: SimulatedLevel[];
  flows: Flow[];
  /** Everyone it was tried on. */
  customers: number;
  /** Only those whom the reader sees. */
  part: boolean;
  /** Levels are held for a time: nobody falls at once. */
  held: boolean;
  moved: { up: number; down: number; up_revenue: string; down_revenue: string };
  cost: { before: string; after: string; without: Words[] };
  took_ms: number;
}

export interface Job {
  id: string;
  state: 'waiting' | 'queued' | 'running' | 'done' | 'dead' | 'cancelled';
  progress: { done?: number; total?: number } | null;
  result: { changed?: number } | null;
  error: { code: string; text: Words } | null;
}

const finished = (job: Job | undefined): boolean => !!job && ['done', 'dead', 'cancelled'].includes(job.state);

/** Follows a job until it ends; what the evaluation has changed is fetched again then. */
export function useJob(id: string | null) {
  const queries = useQueryClient();
  const job = useQuery({
    queryKey: ['job', id],
    queryFn: ({ signal }) => get<Job>(`/jobs/${id}`, undefined, signal),
    enabled: !!id,
    refetchInterval: ({ state }) => (finished(state.data) ? false : 500),
  });
  const done = job.data?.state === 'done';
  useEffect(() => {
    if (!done) return;
    void queries.invalidateQueries({ predicate: (query) => query.queryKey[0] !== 'job' });
  }, [done, queries]);
  return { job: job.data, running: !!id && !finished(job.data), error: job.error };
}
