import { useCallback, useEffect, useRef, useState } from 'react';

export type Mode = 'reply' | 'note' | 'words';

const nameOf = (ticket: string, staff: string, mode: Mode) => `zunke.draft.${staff}.${ticket}.${mode}`;

/**
 * What somebody is writing, one text for each ticket and manner, kept in this browser with every key that is pressed: a
 * reload, a closed tab or a signed-out session loses nothing. Taken away once it is sent.
 */
export function useDraft(ticket: string, staff: string, mode: Mode) {
  const name = nameOf(ticket, staff, mode);
  const [text, setText] = useState(() => localStorage.getItem(name) ?? '');
  const at = useRef(name);
  useEffect(() => {
    if (at.current === name) return;
    at.current = name;
    setText(localStorage.getItem(name) ?? '');
  }, [name]);
  const write = useCallback(
    (next: string) => {
      setText(next);
      try {
        if (next) localStorage.setItem(name, next);
        else localStorage.removeItem(name);
      } catch {
        // Full or forbidden: the text stays on the page.
      }
    },
    [name],
  );
  return [at.current === name ? text : (localStorage.getItem(name) ?? ''), write] as const;
}

/** Whether a text waits to be sent. */
export const hasDraft = (ticket: string, staff: string, mode: Mode) =>
  Boolean(localStorage.getItem(nameOf(ticket, staff, mode)));
