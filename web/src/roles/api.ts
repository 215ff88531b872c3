import { useQuery } from '@tanstack/react-query';
import { useCallback } from 'react';
import { get } from '../api/client';
import { useSessionQuery } from '../api/session';

export const FIELD_RIGHTS = ['hidden', 'masked', 'read', 'write'] as const;
export type FieldRight = (typeof FIELD_RIGHTS)[number];
export const REACHES = ['own', 'group', 'department_only', 'department', 'all'] as const;
export type Reach = (typeof REACHES)[number];

export interface Role {
  /** The word of a shipped role, or `rol_…`. */
  key: string;
  base: string;
  name: string | null;
  own: boolean;
  changed: boolean;
  permissions: string[];
  reach: Reach;
  other_fields: FieldRight;
  fields: Record<string, FieldRight>;
  people?: number;
  version: number;
}

export interface Roles {
  items: Role[];
  field_names: string[];
}

export interface Member {
  staff_id: string;
  from: string;
  until: string | null;
}

export interface Group {
  id: string;
  name: string;
  allow: string[];
  deny: string[];
  members: Member[];
  version: number;
}

export function useRoles() {
  return useQuery({ queryKey: ['roles'], queryFn: ({ signal }) => get<Roles>('/roles', undefined, signal) });
}

export function useGroups() {
  return useQuery({
    queryKey: ['staff-groups'],
    queryFn: ({ signal }) => get<{ items: Group[] }>('/staff-groups', undefined, signal),
    select: (found) => found.items,
  });
}

/** What the reader may do with a field of a customer: `birthday`, or `fields.` and the key of an own one. */
export function useFieldRight(): (field: string) => FieldRight {
  const rights = (useSessionQuery().data as { fields?: Record<string, FieldRight> } | null | undefined)?.fields;
  return useCallback((field) => rights?.[field] ?? rights?.['*'] ?? 'write', [rights]);
}

/** The permissions as people think of them; what is in none stands with the administration. */
export const PARTS: [string, string[]][] = [
  [
    'customers',
    [
      'read_customers',
      'edit_customers',
      'archive_customers',
      'assign_customers',
      'merge_customers',
      'record_activities',
      'import_customers',
      'export_customers',
      'approve_exports',
      'reveal_personal',
      'manage_tags',
      'manage_fields',
      'manage_segments',
    ],
  ],
  ['tiers', ['read_tiering', 'simulate_tiering', 'manage_tiering']],
  ['service', ['read_tickets', 'work_tickets', 'set_due_times', 'manage_service']],
];
