import { useEffect, useRef } from 'react';
import { typing } from '../../shell/keys';

/** Single keys of a page; never while somebody types, nor in a dialog. */
export function useKeys(meanings: Record<string, (() => void) | undefined>) {
  const kept = useRef(meanings);
  kept.current = meanings;
  useEffect(() => {
    let prefix = Number.NEGATIVE_INFINITY;
    const pressed = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || typing(event.target)) return;
      if (document.querySelector('.ant-modal-wrap:not([style*="display: none"]), .ant-drawer-open')) return;
      // `g` begins a word of two keys, which is the shell's.
      const second = performance.now() - prefix < 1000;
      prefix = event.key === 'g' ? performance.now() : Number.NEGATIVE_INFINITY;
      if (second || event.key === 'g') return;
      const act = kept.current[event.key];
      if (!act) return;
      event.preventDefault();
      act();
    };
    document.addEventListener('keydown', pressed);
    return () => document.removeEventListener('keydown', pressed);
  }, []);
}
