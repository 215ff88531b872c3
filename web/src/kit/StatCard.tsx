import { Skeleton } from 'antd';
import type { ReactNode } from 'react';
import { Link } from 'react-router';

interface Props {
  label: ReactNode;
  value: ReactNode;
  note?: ReactNode;
  /** The rows behind the number. */
  to?: string;
  why?: ReactNode;
  loading?: boolean;
}

export function StatCard({ label, value, note, to, why, loading }: Props) {
  return (
    <section className="stat">
      <div className="stat-label">
        {label}
        {why}
      </div>
      {loading ? (
        <Skeleton.Button active size="small" style={{ width: 96 }} />
      ) : (
        <div className="stat-value">{to ? <Link to={to}>{value}</Link> : value}</div>
      )}
      {note && <div className="stat-note">{note}</div>}
    </section>
  );
}
