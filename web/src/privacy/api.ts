import { useQuery } from '@tanstack/react-query';
import { get } from '../api/client';

export interface Words {
  zh: string;
  en: string;
}

export const PURPOSES = ['service', 'care', 'marketing', 'analysis', 'sharing'] as const;
export type Purpose = (typeof PURPOSES)[number];
export const CHANNELS = ['any', 'phone', 'sms', 'email', 'wechat', 'wecom', 'post', 'visit'] as const;
export type Channel = (typeof CHANNELS)[number];
export const SOURCES = ['form', 'phone', 'counter', 'wechat', 'email', 'contract', 'import', 'api'] as const;
export const KINDS = ['access', 'portability', 'correction', 'erasure', 'restriction'] as const;
export type Kind = (typeof KINDS)[number];
export const REQUEST_CHANNELS = ['phone', 'email', 'counter', 'wechat', 'letter', 'form'] as const;
export const STATES = ['open', 'done', 'refused', 'withdrawn'] as const;
export type State = (typeof STATES)[number];

export interface Standing {
  state: 'restricted' | 'erased';
  since: string;
  reason: string | null;
}

export interface Consents {
  now: {
    purpose: Purpose;
    channel: Channel;
    state: 'given' | 'withdrawn';
    since: string;
    source: string;
    text_number: number | null;
  }[];
  events: {
    id: string;
    purpose: Purpose;
    channel: Channel;
    state: 'given' | 'withdrawn';
    source: string;
    said_at: string;
    text_number: number | null;
    note: string | null;
  }[];
  standing: Standing | null;
}

export interface ConsentText {
  id: string;
  purpose: Purpose;
  number: number;
  words: Words;
  published_at: string;
}

export interface Line {
  what: Words;
  rows: number;
  fate: 'erased' | 'blanked' | 'kept';
  why: Words;
}

export interface Certificate {
  number: number;
  customer_id: string;
  erased_at: string;
  lines: Line[];
  orders: number;
  net_spend: string;
  fingerprint: string;
}

export interface Request {
  id: string;
  number: number;
  customer_id: string;
  customer_name: string;
  kind: Kind;
  state: State;
  received_at: string;
  due_at: string;
  first_due_at: string;
  extension: string | null;
  channel: string;
  words: string | null;
  identity_check: string | null;
  answer: string | null;
  certificate: Certificate | null;
  decided_at: string | null;
  version: number;
}

export interface Preview {
  customer_name: string;
  orders: number;
  net_spend: string;
  pending: Words[];
  parts: { title: Words; rows: number }[];
}

export interface Copy {
  number: number;
  customer_id: string;
  customer_name: string;
  organisation: string;
  made_at: string;
  sections: {
    id: string;
    title: Words;
    columns: { key: string; label: Words }[];
    rows: Record<string, unknown>[];
  }[];
}

export interface Retention {
  class: string;
  days: number | null;
}

export interface Settings {
  clocks: { kind: Kind; days: number; working: boolean }[];
  calendar_id: string | null;
  retention: Retention[];
  export_approval_above: number;
  export_days: number;
  reveal_needs_reason: boolean;
  version: number;
}

export interface Due extends Retention {
  before: string | null;
  rows: number | null;
  least_days: number;
}

export interface Export {
  id: string;
  number: number;
  staff_id: string;
  staff_name: string;
  format: string;
  filters: string;
  reason: string;
  state: 'asked' | 'running' | 'ready' | 'refused' | 'failed' | 'expired' | 'withdrawn';
  asked_rows: number;
  file_rows: number | null;
  problem: Words | null;
  asked_at: string;
  decision: string | null;
  expires_at: string | null;
  downloads: number;
}

export interface Decision {
  id: string;
  decided_at: string;
  as_of: string;
  programme: Words;
  change: string;
  automated: boolean;
  from_rank: number;
  to_rank: number;
  score: number;
  reason: Words;
  inputs: Record<string, unknown>;
  version_number: number;
  rules_published_at: string;
}

export interface Review {
  id: string;
  state: 'open' | 'approved' | 'rejected' | 'locked' | 'lapsed';
  asked_on: string;
  why: Words;
  decided_at: string | null;
  reason: string | null;
}

export const useConsents = (id: string) =>
  useQuery({
    queryKey: ['privacy', 'consents', id],
    queryFn: ({ signal }) => get<Consents>(`/customers/${id}/consents`, undefined, signal),
  });

export const useTexts = () =>
  useQuery({
    queryKey: ['privacy', 'texts'],
    queryFn: ({ signal }) => get<{ items: ConsentText[] }>('/consent-texts', undefined, signal),
    select: (found) => found.items,
  });

export const useRequests = (id: string) =>
  useQuery({
    queryKey: ['privacy', 'requests', id],
    queryFn: ({ signal }) => get<{ items: Request[] }>(`/customers/${id}/privacy-requests`, undefined, signal),
    select: (found) => found.items,
  });

/** `P-0007`: what people call a request. */
export const called = (number: number) => `P-${String(number).padStart(4, '0')}`;
