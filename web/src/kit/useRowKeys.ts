import { useEffect, useState } from 'react';
import { typing } from '../shell/keys';

/** `j`/`k` move through the rows of a list, Enter opens. Answers the index of the chosen row, -1 for none. */
export function useRowKeys(rows: number, open?: (index: number) => void): number {
  const [at, setAt] = useState(-1);
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
      if (event.key === 'j') setAt((now) => Math.min(rows - 1, now + 1));
      else if (event.key === 'k') setAt((now) => Math.max(0, now - 1));
      else if (
        event.key === 'Enter' &&
        at >= 0 &&
        at < rows &&
        (event.target as HTMLElement).closest('a, button') === null
      )
        open?.(at);
    };
    document.addEventListener('keydown', pressed);
    return () => document.removeEventListener('keydown', pressed);
  }, [rows, at, open]);
  useEffect(() => {
    if (at >= 0) document.querySelector('[data-row-chosen="true"]')?.scrollIntoView({ block: 'nearest' });
  }, [at]);
  return Math.min(at, rows - 1);
}
