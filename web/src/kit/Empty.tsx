import type { ReactNode } from 'react';

/** Nothing here yet: what this place is for, and the next step as a button. */
export function Empty({ title, note, action }: { title: ReactNode; note?: ReactNode; action?: ReactNode }) {
  return (
    <div className="empty">
      <svg width="72" height="56" viewBox="0 0 72 56" fill="none" aria-hidden="true">
        <rect x="8" y="10" width="56" height="40" rx="8" fill="#efe8d8" />
        <rect x="16" y="20" width="24" height="4" rx="2" fill="#c9b27c" />
        <rect x="16" y="30" width="40" height="4" rx="2" fill="#ddd2b8" />
        <rect x="16" y="38" width="32" height="4" rx="2" fill="#ddd2b8" />
        <circle cx="58" cy="12" r="9" fill="#1e2a44" />
        <path d="M54 12h8M58 8v8" stroke="#e3c27a" strokeWidth="2" strokeLinecap="round" />
      </svg>
      <h2>{title}</h2>
      {note && <p>{note}</p>}
      {action && <div className="empty-action">{action}</div>}
    </div>
  );
}
