import { useMemo } from 'react';
import { useStaff } from '../../customers/api';
import type { Named } from './types';

const NONE: Named[] = [];

/** Colleagues who may be given a ticket or called into one. */
export function useColleagues(): Named[] {
  const staff = useStaff().data;
  return useMemo(
    () => staff?.filter((one) => one.active).map((one) => ({ id: one.id, name: one.name })) ?? NONE,
    [staff],
  );
}
