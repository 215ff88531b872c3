import { useQuery } from '@tanstack/react-query';
import { get } from './client';
import { Problem } from './problem';

export interface Organisation {
  name: string;
  time_zone: string;
  currency: string;
  /** The pinned day, when levels are looked at as of a day other than today. */
  as_of?: string | null;
  /** `zh` or `en`. */
  locale: string;
  version: number;
}

export interface Session {
  staff: {
    id: string;
    name: string;
    login: string;
    role: string;
    department_id?: string | null;
    locale?: string | null;
  };
  permissions: string[];
  must_change_password?: boolean;
  organisation: Organisation;
  /** The day that counts as today. */
  today: string;
  setup: { customers: number; orders: number; programme_published: boolean };
}

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
