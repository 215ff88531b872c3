import { useTranslation } from 'react-i18next';
import { said } from '../../i18n';
import { DayText } from '../../kit/texts';
import { useHistory } from '../explain';
import { RankBadge } from '../parts/RankBadge';

/** The levels that this customer has had, latest first, each with its reason as it was told then. */
export function LevelHistory({ customerId }: { customerId: string }) {
  const { t } = useTranslation('tiers');
  const history = useHistory(customerId);
  const items = history.data?.items ?? [];
  if (items.length === 0) return null;
  return (
    <section className="explained level-history">
      <h3>{t('explain.history')}</h3>
      <ol className="tier-lines">
        {items.map((entry) => (
          <li key={entry.id}>
            <div className="line-head">
              <RankBadge rank={entry.to_rank} face={entry.to} />
              <span className="when">
                <DayText value={entry.as_of} />
              </span>
            </div>
            <p>{said(entry.reason)}</p>
          </li>
        ))}
      </ol>
    </section>
  );
}
