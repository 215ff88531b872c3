import { useEffect, useMemo, useState } from 'react';
import { post } from '../../api/client';
import { Problem } from '../../api/problem';
import type { Simulated } from '../api';
import { Faults } from '../model/faults';
import { latest } from '../model/latest';
import type { Rules } from '../model/rules';

export interface Simulation {
  /** The latest answer; stays while the next one is awaited. */
  result: Simulated | null;
  waiting: boolean;
  /** What's wrong with the rules, by place. */
  faults: Faults;
  /** What went wrong otherwise. */
  error: unknown;
}

const none = new Faults([]);

/** Asks what the rules would do to all customers, as often as they change. */
export function useSimulation(programme: string, rules: Rules): Simulation {
  const [state, setState] = useState<Simulation>({ result: null, waiting: true, faults: none, error: null });
  const asker = useMemo(
    () =>
      latest<Rules, Simulated>({
        run: (asked, signal) =>
          post<Simulated>(`/tiering/programmes/${programme}/simulate`, { rules: asked }, { signal }),
        waiting: () => setState((now) => ({ ...now, waiting: true })),
        answered: (result) => setState({ result, waiting: false, faults: none, error: null }),
        failed: (error) => {
          const wrong = error instanceof Problem && error.status === 422;
          setState((now) => ({
            ...now,
            waiting: false,
            faults: wrong ? faultsOf(error) : none,
            error: wrong ? null : error,
          }));
        },
      }),
    [programme],
  );
  useEffect(() => {
    asker.ask(rules);
  }, [asker, rules]);
  useEffect(() => () => asker.stop(), [asker]);
  return state;
}

export function faultsOf(problem: Problem): Faults {
  const named = Object.entries(problem.fields).map(([field, detail]) => ({ field, detail }));
  return new Faults(named.length ? named : [{ detail: problem.message }]);
}
