export const STATES = ['collected', 'accepted', 'doing', 'done', 'declined'] as const;
export type State = (typeof STATES)[number];

export interface Improvement {
  id: string;
  title: string;
  detail: string | null;
  topic_id: string | null;
  state: State;
  reason: string | null;
  message: string | null;
  history: { at: string; state: State; reason: string | null }[];
  done_at: string | null;
  version: number;
  tickets: number;
  told: number;
}

export interface Contributor {
  ticket_id: string;
  number: number;
  customer_id: string | null;
  name: string | null;
  notice: 'waiting' | 'told' | 'with' | 'opted_out' | 'archived' | 'gone';
  message?: string;
  opted_out: boolean;
}

interface Side {
  days: number;
  voices: number;
  negative: number;
  rated: number;
  score_sum: number;
}

export interface Whole {
  improvement: Improvement;
  contributors: Contributor[];
  hidden: number;
  effect: { before: Side; after: Side } | null;
}

export interface Preview {
  told: number;
  with: number;
  opted_out: number;
  archived: number;
  contributors: Contributor[];
}

/** Where each state leads by hand. */
export const NEXT: Record<State, Exclude<State, 'done'>[]> = {
  collected: ['accepted', 'declined'],
  accepted: ['doing', 'collected', 'declined'],
  doing: ['accepted', 'declined'],
  done: [],
  declined: ['collected'],
};
