import { useTranslation } from 'react-i18next';

/** Places taken against the cap; what an assignment adds is drawn apart. */
export function LoadBar({ now, after, cap }: { now: number; after?: number; cap: number }) {
  const { t } = useTranslation('managers');
  const width = (places: number) => `${cap > 0 ? Math.min(100, (100 * places) / cap) : 100}%`;
  const shown = after ?? now;
  const over = shown > cap;
  return (
    <span className="load">
      <span className={over ? 'number mg-bad' : 'number'}>
        {after !== undefined && after !== now ? `${now} → ${after}` : now} / {cap}
      </span>
      <span className="load-track" role="img" aria-label={t('load_of', { n: shown, cap })}>
        <span className={over ? 'over' : undefined} style={{ width: width(shown) }} />
        {after !== undefined && <span className="before" style={{ width: width(Math.min(now, shown)) }} />}
      </span>
      {over && <span className="mg-bad">{t('over')}</span>}
    </span>
  );
}
