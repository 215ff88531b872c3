import { useUrlState } from '../kit/useUrlState';
import { type ProgrammeLine, useProgrammes } from './api';

/** The programme that the room shows: the one in the address, else the primary one. */
export function useChosen() {
  const programmes = useProgrammes();
  const [state] = useUrlState();
  const items = programmes.data?.items ?? [];
  const chosen: ProgrammeLine | undefined = items.find((each) => each.id === state.programme) ?? items[0];
  /** For a question to the server: nothing where the primary one is meant. */
  const asked = chosen && !chosen.is_primary ? chosen.id : undefined;
  return { programmes, items, chosen, asked };
}
