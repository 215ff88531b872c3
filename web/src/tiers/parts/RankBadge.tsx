import { useTranslation } from 'react-i18next';
import { said } from '../../i18n';
import { LevelBadge } from '../../kit/level';
import { useLevels } from '../../kit/useLevels';
import type { LevelFace } from '../explain';

/** A level as it was called when it was decided; by its rank's name of now where that is not known any more. */
export function RankBadge({ rank, face }: { rank: number; face: LevelFace | null }) {
  const { t } = useTranslation('tiers');
  const { byRank } = useLevels();
  const level = byRank.get(rank);
  const name = (face && said(face.name)) ?? level?.name ?? (rank > 0 ? t('rank', { n: rank }) : null);
  return <LevelBadge name={name} rank={rank} colour={face?.colour ?? level?.colour} />;
}
