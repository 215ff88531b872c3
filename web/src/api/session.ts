import { useQuery } from '@tanstack/react-query';
import { get } from './client';
import { Problem } from './problem';
import type { Schemas } from './types';

export type Organisation = Schemas['Organisation'];
/** Permissions travel as words (`edit_customers`). */
export type Session = Omit<Schemas['CurrentSession'], 'permissions'> & {
  permissions: string[];
  /** The house asks for a second step, and there is none yet. */
  second_step_missing?: boolean;
};

/** Who is signed in; `null` when nobody is. */
export function useSessionQuery() {
  return useQuery<Session | null>({
    queryKey: ['session'],
    queryFn: async ({ signal }) => {
      try {
        return await get<Session>('/session', undefined, signal);
      } catch (error) {
        if (error instanceof Problem && error.status === 401) return null;
        throw error;
      }
    },
    staleTime: 60_000,
  });
}

/** The session inside the signed-in part of the app, where it always exists. */
export function useSession(): Session {
  const { data } = useSessionQuery();
  if (!data) throw new Error('useSession outside the signed-in shell');
  return data;
}

export function useCan(): (permission: string | undefined) => boolean {
  const { data } = useSessionQuery();
  return (permission) => !permission || (data?.permissions.includes(permission) ?? false);
}
