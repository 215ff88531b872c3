import { useCallback, useEffect, useRef, useState } from 'react';
import { post } from '../../../api/client';

export interface Here {
  staff_id: string;
  name: string;
  writing: boolean;
}

/** How often a page says that it is open. */
const EVERY = 12_000;
/** Somebody who has pressed no key for so long no longer writes. */
const WRITING = 15_000;

/** Tells colleagues that this ticket is open here and whether somebody writes; answers who else has it open. */
export function usePresence(ticket: string): { others: Here[]; typing: () => void } {
  const [others, setOthers] = useState<Here[]>([]);
  const typed = useRef(0);
  const told = useRef(false);
  const tell = useCallback(async () => {
    const writing = Date.now() - typed.current < WRITING;
    told.current = writing;
    try {
      const { others } = await post<{ others: Here[] }>(`/tickets/${ticket}/presence`, { writing });
      setOthers(others);
    } catch {
      // A warning that cannot be had must not be in the way of the work.
    }
  }, [ticket]);
  useEffect(() => {
    setOthers([]);
    typed.current = 0;
    void tell();
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') void tell();
    }, EVERY);
    return () => {
      clearInterval(timer);
      void post(`/tickets/${ticket}/presence`, { left: true }).catch(() => undefined);
    };
  }, [tell, ticket]);
  const typing = useCallback(() => {
    typed.current = Date.now();
    if (!told.current) void tell();
  }, [tell]);
  return { others, typing };
}
