import { Grid } from 'antd';
import type { ReactNode } from 'react';

/** The key that does the same, shown beside its button where there is a keyboard. */
export function KeyHelp({ children }: { children: ReactNode }) {
  const wide = Grid.useBreakpoint().md;
  return wide ? (
    <kbd className="key-help" aria-hidden>
      {children}
    </kbd>
  ) : null;
}
