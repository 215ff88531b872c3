import type { ReactNode } from 'react';
import { Link } from 'react-router';

interface Props {
  title: ReactNode;
  /** One line under the title. */
  note?: ReactNode;
  /** Where "back" leads, with its words. */
  back?: { to: string; label: string };
  extra?: ReactNode;
}

export function PageHeader({ title, note, back, extra }: Props) {
  return (
    <div className="page-header">
      <div className="page-header-text">
        {back && (
          <Link to={back.to} className="page-back">
            <span aria-hidden>‹</span> {back.label}
          </Link>
        )}
        <h1>{title}</h1>
        {note && <p>{note}</p>}
      </div>
      {extra && <div className="page-header-extra">{extra}</div>}
    </div>
  );
}
