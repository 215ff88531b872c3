import { useCallback, useMemo } from 'react';
import { useSearchParams } from 'react-router';

/** The state of a page as it stands in the address: can be sent to a colleague, survives a reload. */
export type UrlState = Record<string, string>;

export function useUrlState(): [UrlState, (change: Record<string, string | null | undefined>) => void] {
  const [search, setSearch] = useSearchParams();
  const state = useMemo(() => Object.fromEntries(search.entries()), [search]);
  const set = useCallback(
    (change: Record<string, string | null | undefined>) => {
      setSearch(
        (now) => {
          const next = new URLSearchParams(now);
          for (const [name, value] of Object.entries(change)) {
            if (value === null || value === undefined || value === '') next.delete(name);
            else next.set(name, value);
          }
          return next;
        },
        { replace: true },
      );
    },
    [setSearch],
  );
  return [state, set];
}
