import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { get } from '../api/client';
import { said } from '../i18n';

export interface Level {
  level_id: string;
  rank: number;
  name: string;
  colour?: string | null;
}

interface Overview {
  levels?: { level_id: string; rank: number; name: string | { zh: string; en: string }; colour?: string | null }[];
}

/** The levels of the primary programme, lowest first; empty before one is published. */
export function useLevels(): { levels: Level[]; byRank: Map<number, Level> } {
  const { data } = useQuery({
    queryKey: ['tiering', 'overview'],
    queryFn: ({ signal }) => get<Overview>('/tiering/overview', undefined, signal),
    staleTime: 60_000,
    retry: false,
  });
  return useMemo(() => {
    const levels = (data?.levels ?? [])
      .filter((level) => level.rank > 0)
      .map((level) => ({ ...level, name: said(level.name) }))
      .sort((a, b) => a.rank - b.rank);
    return { levels, byRank: new Map(levels.map((level) => [level.rank, level])) };
  }, [data]);
}
