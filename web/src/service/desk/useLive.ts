import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useSession } from '../../api/session';
import { outdated } from './api';
import { listen } from './live';
import { chime, soundOn } from './sound';

/** News come in bursts: one question for many. */
const GATHER_MS = 400;

/**
 * Keeps everything about tickets on this page up to date. Answers whether news come through; where they don't, lists
 * are asked again once a minute.
 */
export function useLive(): boolean {
  const queries = useQueryClient();
  const me = useSession().staff.id;
  const [on, setOn] = useState(false);
  const gathered = useRef(new Set<string>());
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let everything = false;
    const tell = () => {
      timer = undefined;
      if (everything) outdated(queries);
      else for (const id of gathered.current) outdated(queries, id);
      everything = false;
      gathered.current.clear();
    };
    const stop = listen((live) => {
      if (live.kind === 'state') return setOn(live.on);
      if (live.kind === 'all') everything = true;
      else {
        gathered.current.add(live.news.ticket_id);
        const { news } = live;
        const mine = news.assignee_id === me && news.last_side === 'customer';
        if (soundOn() && (mine || (news.urgent && !news.assignee_id))) chime(`${news.ticket_id}:${news.version}`);
      }
      timer ??= setTimeout(tell, GATHER_MS);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [queries, me]);
  return on;
}
