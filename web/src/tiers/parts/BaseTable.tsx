import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { said } from '../../i18n';
import { count, share } from '../../kit/format';
import { LevelBadge } from '../../kit/level';
import { Money } from '../../kit/texts';
import type { LevelShare } from '../api';
import { customersOf } from '../links';
import { Bar } from './Bar';

/** The base by level, as a table that is its own picture: how many they are against what they bring. */
export function BaseTable({ levels }: { levels: readonly LevelShare[] }) {
  const { t } = useTranslation('tiers');
  const down = [...levels].sort((a, b) => b.rank - a.rank);
  return (
    <table className="base-table">
      <thead>
        <tr>
          <th scope="col">{t('base.level')}</th>
          <th scope="col" className="right">
            {t('base.customers')}
          </th>
          <th scope="col">{t('base.customer_share')}</th>
          <th scope="col" className="right">
            {t('base.revenue')}
          </th>
          <th scope="col">{t('base.revenue_share')}</th>
        </tr>
      </thead>
      <tbody>
        {down.map((level) => (
          <tr key={level.rank}>
            <th scope="row">
              {level.rank > 0 ? (
                <LevelBadge name={said(level.name)} rank={level.rank} colour={level.colour} />
              ) : (
                <span className="quiet">{t('base.none')}</span>
              )}
            </th>
            <td className="right" data-label={t('base.customers')}>
              <Link to={customersOf({ level: level.rank })} className="number">
                {count(level.customers)}
              </Link>
            </td>
            <td data-label={t('base.customer_share')}>
              <span className="share">
                <Bar share={level.customer_share} tone="gold" />
                <span className="number">{share(level.customer_share)}</span>
              </span>
            </td>
            <td className="right" data-label={t('base.revenue')}>
              <Link to={customersOf({ level: level.rank, sort: '-net_spend' })}>
                <Money value={level.revenue} short />
              </Link>
            </td>
            <td data-label={t('base.revenue_share')}>
              <span className="share">
                <Bar share={level.revenue_share} />
                <span className="number">{share(level.revenue_share)}</span>
              </span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
