import { ArrowDownOutlined, ArrowUpOutlined } from '@ant-design/icons';
import { Skeleton } from 'antd';
import { useTranslation } from 'react-i18next';
import { said } from '../../i18n';
import { ErrorView } from '../../kit/ErrorView';
import { count, share } from '../../kit/format';
import { LevelBadge } from '../../kit/level';
import { Bar } from '../parts/Bar';
import type { Simulation } from './useSimulation';

/** What the rules would do: customers per level now and then, their share of revenue, who moves. */
export function Effect({ simulation }: { simulation: Simulation }) {
  const { t } = useTranslation('tiers');
  const { result, waiting, faults, error } = simulation;
  if (error) return <ErrorView error={error} />;
  if (!result) {
    return faults.count ? (
      <p className="fault">{t('effect.fix_first')}</p>
    ) : (
      <Skeleton active paragraph={{ rows: 6 }} />
    );
  }
  const down = [...result.levels].sort((a, b) => b.rank - a.rank);
  return (
    <div className={waiting || faults.count ? 'effect stale' : 'effect'} aria-busy={waiting}>
      {faults.count > 0 && (
        <p className="fault" role="alert">
          {t('effect.faults', { n: faults.count })}
        </p>
      )}
      <div className="effect-moves" role="status">
        <span className="move up">
          <ArrowUpOutlined aria-hidden /> {t('effect.up', { n: count(result.moved.up) })}
        </span>
        <span className="move down">
          <ArrowDownOutlined aria-hidden /> {t('effect.down', { n: count(result.moved.down) })}
        </span>
      </div>
      <table className="effect-table">
        <caption className="visually-hidden">{t('effect.title')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('base.level')}</th>
            <th scope="col" className="right">
              {t('effect.before')}
            </th>
            <th scope="col" className="right">
              {t('effect.after')}
            </th>
            <th scope="col">{t('base.revenue_share')}</th>
          </tr>
        </thead>
        <tbody>
          {down.map((level) => {
            const change = level.customers - level.before;
            return (
              <tr key={level.rank}>
                <th scope="row">
                  {level.rank > 0 ? (
                    <LevelBadge name={said(level.name)} rank={level.rank} colour={level.colour} />
                  ) : (
                    <span className="quiet">{t('base.none')}</span>
                  )}
                </th>
                <td className="right number quiet">{count(level.before)}</td>
                <td className="right number" data-testid={`effect-${level.rank}`}>
                  <strong>{count(level.customers)}</strong>
                  <small className={change > 0 ? 'more' : change < 0 ? 'less' : undefined}>
                    {change > 0 ? `+${count(change)}` : change < 0 ? `−${count(-change)}` : ' '}
                  </small>
                </td>
                <td>
                  <Bar share={level.revenue_share} />
                  <span className="number">{share(level.revenue_share)}</span>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <p className="quiet effect-took">
        {t('effect.took', { n: count(result.customers), ms: Math.round(result.took_ms) })}
      </p>
    </div>
  );
}
