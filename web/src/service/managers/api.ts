import { useQuery } from '@tanstack/react-query';
import { get } from '../../api/client';

/** Words that the server keeps in both languages. */
export interface Words {
  zh: string;
  en: string;
}

export interface Load {
  customers: number;
  vips: number;
  places: number;
}

export interface Deputy {
  id: string;
  staff_id: string;
  deputy_id: string;
  deputy_name: string;
  from_day: string;
  until_day: string;
  note: string | null;
}

export interface Profile {
  regions: string[];
  industries: string[];
  languages: string[];
  cap: number | null;
  takes: boolean;
  version: number;
}

export interface Manager {
  staff_id: string;
  name: string;
  active: boolean;
  profile: Profile;
  cap: number;
  load: Load;
  levels: { rank: number; customers: number }[];
  deputies: Deputy[];
}

export interface Settings {
  cap: number;
  vip_from: number | null;
  weights: Record<string, number>;
  automatic: boolean;
  industry_field: string | null;
  language_field: string | null;
  version: number;
}

export interface Managers {
  items: Manager[];
  settings: Settings;
  vip_from: number;
  levels: { level_id: string; rank: number; name: Words; colour: string }[];
  without: number;
}

export interface Becomes {
  staff_id: string;
  name: string;
  cap: number;
  before: Load;
  after: Load;
}

export interface Proposal {
  items: {
    customer_id: string;
    customer_name: string;
    level_rank: number;
    from_name: string | null;
    to_name: string | null;
    staff_id: string | null;
    reasons: Words[];
  }[];
  managers: Becomes[];
  unplaced: number;
  applied: boolean;
}

export interface Preview {
  customers: number;
  vips: number;
  tickets: number;
  ticket_tasks: number;
  visits: number;
  tasks: number;
  to: (Becomes & { customers: number })[];
  unplaced: number;
  unplaced_names: string[];
  rest_id: string | null;
  customer_line: string;
}

export interface HandOver {
  id: string;
  from_id: string;
  from_name: string;
  state: 'running' | 'done';
  counts: { to_id: string; kind: string; items: number }[];
  note: string;
  customer_line: string;
  created_at: string;
  done_at: string | null;
  version: number;
}

export interface Signature {
  staff_id: string;
  staff_name: string;
  side: 'from' | 'to';
  signed_at: string | null;
  signed_by: string | null;
  signed_by_name: string | null;
  active: boolean;
}

export interface Protocol extends HandOver {
  items: {
    customer_id: string;
    item_id: string;
    kind: string;
    title: string;
    detail: {
      level_rank?: number;
      birthday?: string | null;
      number?: number;
      due_at?: string | null;
      day?: string | null;
    };
    to_id: string;
  }[];
  signatures: Signature[];
  names: Record<string, string>;
  lines: { to_id: string; text: string }[];
  organisation: string;
}

export const useManagers = () =>
  useQuery({
    queryKey: ['service', 'managers'],
    queryFn: ({ signal }) => get<Managers>('/managers', undefined, signal),
  });

export const useHandOvers = () =>
  useQuery({
    queryKey: ['service', 'hand-overs'],
    queryFn: ({ signal }) => get<{ items: HandOver[] }>('/hand-overs', undefined, signal),
  });
