import { useQuery } from '@tanstack/react-query';
import { get, type Page, post } from '../api/client';

export type Kind = 'person' | 'company';

export interface Tag {
  id: string;
  name: string;
  colour?: string | null;
  customers?: number;
}

export interface ExternalId {
  source: string;
  value: string;
}

/** A customer as lists show it; the headline (level, score, money) is of the primary programme. */
export interface Customer {
  id: string;
  kind: Kind;
  name: string;
  status: 'active' | 'archived';
  gender?: 'female' | 'male' | 'other' | null;
  birthday?: string | null;
  region?: string | null;
  city?: string | null;
  note?: string | null;
  owner_id?: string | null;
  department_id?: string | null;
  source?: string | null;
  joined_day?: string | null;
  /** Masked; `reveal` shows them and is recorded. */
  phones: string[];
  emails: string[];
  external_ids: ExternalId[];
  tags: Tag[];
  level_rank: number;
  level_id?: string | null;
  level_since?: string | null;
  score?: number | null;
  rfm?: number | null;
  value_class?: string | null;
  orders: number;
  net_spend: string;
  first_order_day?: string | null;
  last_order_day?: string | null;
  potential?: number | null;
  headline_as_of?: string | null;
  version: number;
  created_at: string;
}

export interface Activity {
  id: string;
  kind: 'order' | 'refund' | 'interaction';
  occurred_at: string;
  day: string;
  source: string;
  source_id: string;
  amount?: string | null;
  currency?: string | null;
  quantity?: number | string | null;
  channel?: string | null;
  direction?: 'inbound' | 'outbound' | null;
  subject?: string | null;
  body?: string | null;
  staff_id?: string | null;
  staff_name?: string | null;
  lines?: {
    sku?: string | null;
    category?: string | null;
    name?: string | null;
    quantity?: string | number | null;
    amount?: string | null;
  }[];
  import_id?: string | null;
}

export interface Staff {
  id: string;
  name: string;
  active: boolean;
}

export interface Department {
  id: string;
  name: string;
  parent_id?: string | null;
  /** 1 for a root. */
  depth: number;
  staff: number;
  version: number;
  /** `华东 / 上海 / 一店`, made here. */
  path_text?: string;
}

/** Adds the names from the root down. The list has each department before what is below it. */
export function withPaths(items: Department[]): Department[] {
  const paths = new Map<string, string>();
  return items.map((item) => {
    const above = item.parent_id ? paths.get(item.parent_id) : undefined;
    const path_text = above ? `${above} / ${item.name}` : item.name;
    paths.set(item.id, path_text);
    return { ...item, path_text };
  });
}

const rarely = { staleTime: 5 * 60_000, retry: false } as const;

/** Colleagues by id. Empty for those who may not see the list: names are then left out. */
export function useStaff() {
  return useQuery({
    queryKey: ['staff', 'all'],
    queryFn: ({ signal }) => get<Page<Staff>>('/staff', { limit: 500 }, signal),
    select: (page) => page.items,
    ...rarely,
  });
}

export function useDepartments() {
  return useQuery({
    queryKey: ['departments'],
    queryFn: ({ signal }) => get<{ items: Department[] }>('/departments', undefined, signal),
    select: (page) => withPaths(page.items),
    ...rarely,
  });
}

export function useTags() {
  return useQuery({
    queryKey: ['tags'],
    queryFn: ({ signal }) => get<Page<Tag>>('/tags', undefined, signal),
    select: (page) => page.items,
    staleTime: 60_000,
  });
}

export interface Segment {
  id: string;
  name: string;
  condition: unknown;
  /** The condition in words. */
  sentence?: { zh: string; en: string };
  version: number;
  updated_at?: string;
}

export function useSegments() {
  return useQuery({
    queryKey: ['segments'],
    queryFn: ({ signal }) => get<Page<Segment>>('/segments', undefined, signal),
    select: (page) => page.items,
    staleTime: 60_000,
  });
}

/** Phones and addresses as they are. The server records who looked. */
export const reveal = (id: string) => post<{ phones: string[]; emails: string[] }>(`/customers/${id}/reveal`);
