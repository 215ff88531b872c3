import { useQuery } from '@tanstack/react-query';
import { get, type Page, post } from '../api/client';
import type { Schemas } from '../api/types';

export type Customer = Schemas['Customer'];
export type Tag = Schemas['Tag'];
export type Staff = Schemas['Staff'];
export type Segment = Schemas['SegmentView'];
/** One entry of the time line; the name of the colleague comes with it. */
export type Activity = Schemas['Activity'] & { staff_name?: string | null };
/** `path_text`, `华东 / 上海 / 一店`, is made here. */
export type Department = Schemas['Department'] & { path_text?: string };

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

export function useSegments() {
  return useQuery({
    queryKey: ['segments'],
    queryFn: ({ signal }) => get<Page<Segment>>('/segments', undefined, signal),
    select: (page) => page.items,
    staleTime: 60_000,
  });
}

/** Phones and addresses as they are. The server records who looked. */
export const reveal = (id: string) => post<Schemas['Revealed']>(`/customers/${id}/reveal`);
