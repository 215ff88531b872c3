import { useQuery } from '@tanstack/react-query';
import { get, type Page } from '../../api/client';

/** Words that the server keeps in both languages. */
export interface Words {
  zh: string;
  en: string;
}

export interface Group {
  id: string;
  name: string;
  levels: number[] | null;
  members: string[];
  pushes: boolean;
  overflow_id: string | null;
  overflow_after_min: number | null;
  archived: boolean;
  version: number;
  waiting: number;
}

export const PRESENCE = ['online', 'busy', 'away', 'offline'] as const;
export type Presence = (typeof PRESENCE)[number];

export interface Member {
  staff_id: string;
  name: string;
  state: Presence;
  on_shift: boolean;
  absent: boolean;
  load: number;
  capacity: number;
  skills: string[];
}

export interface Skills {
  staff_id: string;
  name: string;
  skills: string[];
  capacity: number | null;
  version: number;
}

export interface Shift {
  id: string;
  staff_id: string;
  weekday: number;
  from_minute: number;
  until_minute: number;
}

export const ABSENCES = ['leave', 'sick', 'training', 'other'] as const;

export interface Absence {
  id: string;
  staff_id: string;
  from_day: string;
  until_day: string;
  kind: (typeof ABSENCES)[number];
  note: string | null;
}

export interface Order {
  level_minutes: number;
  priority_minutes: number;
  guard_percent: number;
  guard_minutes_max: number;
  guard_share: number;
  urgent_per_day: number;
}

export interface Need {
  kinds: string[];
  channels: string[];
  products: string[];
  levels: number[];
  skill: string;
}

export interface Settings {
  order: Order;
  needs: Need[];
  relax_minutes: number;
  capacity: number;
  version: number;
}

export interface Decision {
  stage: string;
  group: { id: string; name: string } | null;
  staff: { id: string; name: string } | null;
  why: Words;
  skills: string[];
  given_up: string[];
  tried: {
    stage: string;
    group_id: string | null;
    staff_id: string | null;
    name: string;
    taken: boolean;
    reason: Words | null;
  }[];
  more: number;
}

export const useGroups = () =>
  useQuery({
    queryKey: ['service', 'groups'],
    queryFn: ({ signal }) => get<{ items: Group[]; waiting: number }>('/service-groups', undefined, signal),
  });

/** Who is there, anew each half minute. */
export const useTeam = () =>
  useQuery({
    queryKey: ['service', 'team'],
    queryFn: ({ signal }) => get<{ items: Member[] }>('/presence/team', undefined, signal),
    refetchInterval: 30_000,
  });

export const useSkills = () =>
  useQuery({
    queryKey: ['service', 'skills'],
    queryFn: ({ signal }) => get<Page<Skills>>('/staff/skills', undefined, signal),
  });

export const useShifts = () =>
  useQuery({
    queryKey: ['service', 'shifts'],
    queryFn: ({ signal }) => get<Page<Shift>>('/shifts', undefined, signal),
  });

export const useAbsences = () =>
  useQuery({
    queryKey: ['service', 'absences'],
    queryFn: ({ signal }) => get<Page<Absence>>('/absences', undefined, signal),
  });

export const useSettings = () =>
  useQuery({
    queryKey: ['service', 'routing-settings'],
    queryFn: ({ signal }) => get<Settings>('/service/routing', undefined, signal),
  });
