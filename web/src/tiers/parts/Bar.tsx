import '../tiers.css';

/** A share of a whole as a bar; the number stands beside it in words, so the bar itself is silent. */
export function Bar({ share, tone = 'ink', mark }: { share: number; tone?: 'ink' | 'gold' | 'level'; mark?: number }) {
  const width = `${Math.min(100, Math.max(0, share * 100))}%`;
  return (
    <span className={`bar ${tone}`} aria-hidden>
      <span style={{ width }} />
      {mark !== undefined && <i style={{ left: `${Math.min(100, Math.max(0, mark * 100))}%` }} />}
    </span>
  );
}
