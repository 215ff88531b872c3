import { type ReactNode, useId } from 'react';
import '../tiers.css';

interface Props {
  title: ReactNode;
  /** One quiet line under the title. */
  note?: ReactNode;
  /** On the right of the title: a link to everything, a switch. */
  extra?: ReactNode;
  className?: string;
  children: ReactNode;
}

/** One subject of a page, framed and named. */
export function Panel({ title, note, extra, className, children }: Props) {
  const id = useId();
  return (
    <section className={className ? `tier-panel ${className}` : 'tier-panel'} aria-labelledby={id}>
      <header className="tier-panel-head">
        <div>
          <h2 id={id}>{title}</h2>
          {note && <p>{note}</p>}
        </div>
        {extra && <div className="tier-panel-extra">{extra}</div>}
      </header>
      {children}
    </section>
  );
}
