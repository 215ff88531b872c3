import { useQuery } from '@tanstack/react-query';
import { get } from '../../api/client';

/** Words that the server keeps in both languages. */
export interface Words {
  zh: string;
  en: string;
}

export const KINDS = ['complaint', 'suggestion', 'question', 'praise'] as const;
export type Kind = (typeof KINDS)[number];
export const SECURITIES = ['tls', 'starttls', 'none'] as const;

export interface Server {
  host: string;
  port: number;
  security: (typeof SECURITIES)[number];
  user?: string | null;
}

export interface Problem {
  code: string;
  text: Words;
  detail: string;
  at: string;
}

export interface Mailbox {
  id: string;
  name: string;
  address: string;
  active: boolean;
  settings: {
    from_name?: string | null;
    kind: Kind;
    imap?: Server | null;
    folder: string;
    smtp?: Server | null;
    password_env?: string | null;
  };
  has_password: boolean;
  checked_at: string | null;
  problem: Problem | null;
  taken: number;
  version: number;
}

export interface Trial {
  incoming: boolean | null;
  incoming_problem: Problem | null;
  waiting: number | null;
  outgoing: boolean | null;
  outgoing_problem: Problem | null;
}

export interface Refused {
  address: string;
  subject: string;
  reason: string;
  at: string;
}

export const ASKS = ['no', 'optional', 'required'] as const;
export type Asks = (typeof ASKS)[number];
export const ASKED = ['name', 'phone', 'email', 'product'] as const;

export interface ServiceForm {
  id: string;
  key: string;
  name: string;
  active: boolean;
  settings: {
    title: Words;
    intro?: Words | null;
    thanks?: Words | null;
    kinds: Kind[];
    min_seconds: number;
    per_hour: number;
  } & Record<(typeof ASKED)[number], Asks>;
  version: number;
}

export const POINTERS = [
  'body',
  'external_id',
  'external_source',
  'name',
  'phone',
  'email',
  'subject',
  'kind',
] as const;

export interface Hook {
  id: string;
  key: string;
  name: string;
  active: boolean;
  mapping: Partial<Record<(typeof POINTERS)[number], string | null>>;
  taken: number;
  last_at: string | null;
  problem: Problem | null;
  version: number;
  secret?: string;
}

export interface Public {
  base_url: string | null;
  rules: { on: boolean; intro: Words | null; conditions: boolean; benefits: { rank: number; text: Words }[] };
  csat: {
    mail: boolean;
    delay_hours: number;
    answer_days: number;
    change_days: number;
    low_to: number;
    follow_up_hours: number;
  };
  version: number;
}

export const useMailboxes = () =>
  useQuery({
    queryKey: ['service', 'mailboxes'],
    queryFn: ({ signal }) => get<{ items: Mailbox[]; refused: Refused[] }>('/mailboxes', undefined, signal),
  });

export const useForms = () =>
  useQuery({
    queryKey: ['service', 'forms'],
    queryFn: ({ signal }) => get<{ items: ServiceForm[] }>('/service-forms', undefined, signal),
  });

export const useHooks = () =>
  useQuery({
    queryKey: ['service', 'hooks'],
    queryFn: ({ signal }) => get<{ items: Hook[] }>('/service-hooks', undefined, signal),
  });

export const usePublic = () =>
  useQuery({
    queryKey: ['service', 'public'],
    queryFn: ({ signal }) => get<Public>('/service/public', undefined, signal),
  });
