import { type ReactNode, useEffect, useRef } from 'react';
import { Link } from 'react-router';
import '../tiers.css';

export interface TabLink {
  key: string;
  to: string;
  label: ReactNode;
}

/** Pages side by side, each with its own address; on a phone the row scrolls, with the current one in view. */
export function TabLinks({
  label,
  items,
  current,
  small,
}: {
  label: string;
  items: TabLink[];
  current: string;
  small?: boolean;
}) {
  const row = useRef<HTMLElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page moves the row
  useEffect(() => {
    const here = row.current?.querySelector<HTMLElement>('[aria-current]');
    if (!row.current || !here) return;
    row.current.scrollLeft = here.offsetLeft - (row.current.clientWidth - here.clientWidth) / 2;
  }, [current]);
  return (
    <nav ref={row} className={small ? 'tab-links small' : 'tab-links'} aria-label={label}>
      {items.map((item) => (
        <Link key={item.key} to={item.to} aria-current={item.key === current ? 'page' : undefined} preventScrollReset>
          {item.label}
        </Link>
      ))}
    </nav>
  );
}
