import { useTranslation } from 'react-i18next';
import { LevelBadge } from '../../kit/level';
import type { Face } from './useFaces';

/** From one level to another, told aloud too. */
export function LevelFromTo({ from, to }: { from: Face | undefined; to: Face | undefined }) {
  const { t } = useTranslation('tiers');
  return (
    <span className="from-to">
      <LevelBadge {...from} />
      <span aria-hidden>→</span>
      <span className="visually-hidden">{t('changes.to')}</span>
      <LevelBadge {...to} />
    </span>
  );
}
