import { Segmented, Select, Skeleton } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { said } from '../i18n';
import { Empty } from '../kit/Empty';
import { ErrorView } from '../kit/ErrorView';
import { count, share } from '../kit/format';
import { Money } from '../kit/texts';
import { useUrlState } from '../kit/useUrlState';
import { useRfm } from './api';
import { customersOf } from './links';
import { type HeatMeasure, SCORES } from './model/heat';
import { Bar } from './parts/Bar';
import { Panel } from './parts/Panel';
import { HeatMap } from './rfm/HeatMap';
import { useChosen } from './useChosen';

/** RFM: the 5 × 5 picture with money as the third selector, and the named groups. */
export default function RfmTab() {
  const { t } = useTranslation('tiers');
  const [state, change] = useUrlState();
  const { asked } = useChosen();
  const map = useRfm(asked);
  if (map.isPending) return <Skeleton active paragraph={{ rows: 8 }} />;
  if (map.isError) return <ErrorView error={map.error} onRetry={() => map.refetch()} />;
  if (map.data.cells.length === 0) return <Empty title={t('rfm.empty')} note={t('rfm.empty_note')} />;

  const measure: HeatMeasure = state.colour === 'revenue' ? 'revenue' : 'customers';
  const money = SCORES.find((score) => String(score) === state.m);
  const total = map.data.cells.reduce((sum, cell) => sum + cell.customers, 0);
  const groups = [...map.data.groups].sort((a, b) => b.customers - a.customers);
  return (
    <div className="tiers-grid rfm">
      <Panel
        title={t('rfm.title')}
        note={t('rfm.note', { window: said(map.data.window) })}
        extra={
          <div className="rfm-controls">
            <Select
              value={state.m ?? 'all'}
              aria-label={t('rfm.money')}
              options={[
                { value: 'all', label: t('rfm.money_all') },
                ...SCORES.map((score) => ({ value: String(score), label: t('rfm.money_is', { n: score }) })).reverse(),
              ]}
              onChange={(value) => change({ m: value === 'all' ? null : value })}
            />
            <Segmented
              value={measure}
              aria-label={t('rfm.colour')}
              options={[
                { value: 'customers', label: t('rfm.by_customers') },
                { value: 'revenue', label: t('rfm.by_revenue') },
              ]}
              onChange={(value) => change({ colour: value === 'customers' ? null : value })}
            />
          </div>
        }
      >
        <HeatMap cells={map.data.cells} money={money} measure={measure} />
      </Panel>
      <Panel title={t('rfm.groups')} note={t('rfm.groups_note')}>
        <table className="base-table groups">
          <thead>
            <tr>
              <th scope="col">{t('rfm.group')}</th>
              <th scope="col" className="right">
                {t('base.customers')}
              </th>
              <th scope="col">{t('base.customer_share')}</th>
              <th scope="col" className="right">
                {t('base.revenue')}
              </th>
            </tr>
          </thead>
          <tbody>
            {groups.map((group) => (
              <tr key={group.id}>
                <th scope="row">{said(group.name)}</th>
                <td className="right" data-label={t('base.customers')}>
                  <Link
                    to={customersOf({ value_class: group.id })}
                    aria-label={`${said(group.name)} ${count(group.customers)}`}
                  >
                    {count(group.customers)}
                  </Link>
                </td>
                <td data-label={t('base.customer_share')}>
                  <span className="share">
                    <Bar share={total ? group.customers / total : 0} tone="gold" />
                    <span className="number">{share(total ? group.customers / total : 0)}</span>
                  </span>
                </td>
                <td className="right" data-label={t('base.revenue')}>
                  <Money value={group.revenue} short />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Panel>
    </div>
  );
}
