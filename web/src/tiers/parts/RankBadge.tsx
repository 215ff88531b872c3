import { useTranslation } from 'react-i18next';
import { LevelBadge } from '../../kit/level';
import { useLevels } from '../../kit/useLevels';

/** A level of which only the rank is on record, by the name that the rank has now. */
export function RankBadge({ rank }: { rank: number }) {
  const { t } = useTranslation('tiers');
  const { byRank } = useLevels();
  const level = byRank.get(rank);
  const name = level?.name ?? (rank > 0 ? t('rank', { n: rank }) : null);
  return <LevelBadge name={name} rank={rank} colour={level?.colour} />;
}
