import { useMemo } from 'react';
import { said } from '../../i18n';
import { useOverview } from '../api';
import { useChosen } from '../useChosen';

export interface Face {
  level_id?: string | null | undefined;
  rank: number;
  name: string;
  colour?: string | null;
}

/** The levels of the programme that is shown, by their ids. */
export function useFaces(): { faces: Face[]; faceOf: (id: string | null | undefined) => Face | undefined } {
  const { asked } = useChosen();
  const { data } = useOverview(asked);
  return useMemo(() => {
    const faces = (data?.levels ?? [])
      .filter((level) => level.rank > 0)
      .map((level) => ({ ...level, name: said(level.name) }))
      .sort((a, b) => a.rank - b.rank);
    const byId = new Map(faces.map((face) => [face.level_id, face]));
    return { faces, faceOf: (id) => (id ? byId.get(id) : undefined) };
  }, [data]);
}
