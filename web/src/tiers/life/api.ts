import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { get, type Page } from '../../api/client';
import type { Schemas } from '../../api/types';
import type { Words } from '../api';
import type { ConditionRow, LevelFace, Missing } from '../explain';

/** A customer whose level ends soon: under observation, or at the end of a cycle. */
export type Held = Schemas['LevelAtStake'];

export type QueueKind = 'upgrade' | 'borderline' | 'disagreement' | 'request';
export const QUEUE_KINDS: QueueKind[] = ['upgrade', 'borderline', 'disagreement', 'request'];
export type Decision = 'approve' | 'reject' | 'lock';

export type QueueItem = Omit<Schemas['QueueRow'], 'kind' | 'state' | 'history'> & {
  kind: QueueKind;
  state: 'open' | 'approved' | 'rejected' | 'locked' | 'lapsed';
  history: Past[];
};

export interface Past {
  id?: string;
  as_of: string;
  from_rank: number;
  to_rank: number;
  from?: LevelFace | null;
  to?: LevelFace | null;
  reason?: Words;
}

export type Decided = Schemas['QueueResults'];

export type RunState = 'preview' | 'running' | 'paused' | 'waiting_approval' | 'done' | 'cancelled' | 'failed';

export type Run = Omit<Schemas['LevelRun'], 'kind' | 'state'> & { kind: 'review' | 'daily'; state: RunState };

/** What somebody put on top of the computed level. */
export type Layer = Schemas['LevelLayer'];

/** What the explanation of a level tells of its life. Absent where the programme has no such settings. */
export interface LifeOf {
  stage?: 'active' | 'observation';
  keep_until?: string | null;
  observe_until?: string | null;
  days_left?: number | null;
  keep?: { met: boolean; conditions: ConditionRow[]; missing: Missing[]; cheapest: { text: Words } | null } | null;
  fallen?: {
    level: LevelFace | null;
    on: string;
    until: string;
    missing: Missing[];
    cheapest: { text: Words } | null;
  } | null;
  pending?: { level: LevelFace | null; asked: string } | null;
  layers?: { computed: LevelFace | null; manual: Layer | null; grant: Layer | null };
}

const LIMIT = 50;

function usePaged<Row>(key: string, path: string, query: Record<string, string | number | undefined>) {
  const pages = useInfiniteQuery({
    queryKey: ['tiering', key, query],
    queryFn: ({ pageParam, signal }) =>
      get<Page<Row>>(path, { ...query, limit: LIMIT, after: pageParam || undefined }, signal),
    initialPageParam: '',
    getNextPageParam: (last) => last.next || undefined,
  });
  return { ...pages, items: pages.data?.pages.flatMap((page) => page.items) ?? [] };
}

export const useObservations = (programme?: string) =>
  usePaged<Held>('observations', '/tiering/observations', { programme });

export const useKeeps = (days: number, programme?: string) =>
  usePaged<Held>('keeps', '/tiering/keeps', { programme, within_days: days });

export const useQueue = (kind: QueueKind | undefined, state: 'open' | 'decided') =>
  usePaged<QueueItem>('queue', '/tiering/queue', { kind, state });

const live = (run: Run | undefined): boolean => run?.state === 'running';

export const useRuns = () =>
  useQuery({
    queryKey: ['tiering', 'runs'],
    queryFn: ({ signal }) => get<Page<Run>>('/tiering/runs', { limit: 20 }, signal),
    refetchInterval: ({ state }) => (state.data?.items.some(live) ? 1000 : false),
  });

export const useRun = (id: string | undefined) =>
  useQuery({
    queryKey: ['tiering', 'run', id],
    queryFn: ({ signal }) => get<Run>(`/tiering/runs/${id}`, undefined, signal),
    enabled: !!id,
    refetchInterval: ({ state }) => (live(state.data) ? 700 : false),
  });

export type StaircaseStep = Schemas['StaircaseStep'];

/** How well levels are kept; not there on a server that does not count it yet. */
export const useStaircase = (programme?: string) =>
  useQuery({
    queryKey: ['tiering', 'staircase', programme ?? null],
    queryFn: ({ signal }) => get<{ steps: StaircaseStep[] }>('/tiering/staircase', { programme }, signal),
    retry: false,
  });
