import { useEffect } from 'react';

/** True while the person is typing: shortcuts must not eat letters. */
export function typing(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return (
    target.isContentEditable ||
    ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName) ||
    target.closest('[role="dialog"], [role="listbox"], [role="combobox"]') !== null
  );
}

/** What a pressed key means after `before` (the key pressed within the last second). Pure, for tests. */
export type Meaning = 'search' | 'help' | 'customers' | 'tiers' | 'service' | 'today';

export function meaning(key: string, before: string): Meaning | undefined {
  if (before === 'g') {
    if (key === 'c') return 'customers';
    if (key === 't') return 'tiers';
    if (key === 's') return 'service';
    if (key === 'h') return 'today';
  }
  if (key === '/') return 'search';
  if (key === '?') return 'help';
  return undefined;
}

export function useShortcuts(act: (meaning: Meaning) => void) {
  useEffect(() => {
    let before = '';
    let at = 0;
    const pressed = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
      const now = performance.now();
      const found = meaning(event.key, now - at < 1000 ? before : '');
      before = event.key;
      at = now;
      if (!found) return;
      event.preventDefault();
      before = '';
      act(found);
    };
    document.addEventListener('keydown', pressed);
    return () => document.removeEventListener('keydown', pressed);
  }, [act]);
}
