import { useQuery } from '@tanstack/react-query';
import { get, type Page, post } from '../api/client';
import type { Schemas } from '../api/types';

export type Customer = Schemas['Customer'];
export type Tag = Pick<Schemas['Tag'], 'id' | 'name' | 'colour'>;
/** A tag that a customer has, and why. */
export type GivenTag = Schemas['GivenTag'];
/** A tag as it is kept: with its rule, how the rule stands, and how many customers have it. */
export type RuledTag = Schemas['CountedTag'];
export type Category = Schemas['CountedCategory'];
export type CategoryMove = Schemas['CategoryMove'];
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

/** While a rule is asked of everyone, look again: the numbers are on their way. */
const untilFresh = (data: Page<RuledTag> | undefined) =>
  data?.items.some((tag) => tag.rule?.state === 'waiting') ? 2_000 : (false as const);

/** `live`: on the page of tags, where rules are watched while they are asked of everyone. */
export function useTags(live = false) {
  return useQuery({
    queryKey: ['tags', 'tag'],
    queryFn: ({ signal }) => get<Page<RuledTag>>('/tags', undefined, signal),
    select: (page) => page.items,
    staleTime: live ? 0 : 60_000,
    refetchInterval: live ? (query) => untilFresh(query.state.data) : false,
  });
}

export function useValueClasses(live = false) {
  return useQuery({
    queryKey: ['tags', 'value_class'],
    queryFn: ({ signal }) => get<Page<RuledTag>>('/tags', { kind: 'value_class' }, signal),
    select: (page) => page.items,
    staleTime: live ? 0 : 60_000,
    refetchInterval: live ? (query) => untilFresh(query.state.data) : false,
  });
}

export function useCategories() {
  return useQuery({
    queryKey: ['categories'],
    queryFn: ({ signal }) => get<Schemas['CategoryList']>('/categories', undefined, signal),
    staleTime: 30_000,
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
export type Revealed = Schemas['Revealed'];

export const reveal = (id: string, reason: string) => post<Revealed>(`/customers/${id}/reveal`, { reason });
