import { Skeleton } from 'antd';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { useCan, useSession } from '../api/session';
import { ErrorView } from '../kit/ErrorView';
import { count, share } from '../kit/format';
import { PageHeader } from '../kit/PageHeader';
import { StatCard } from '../kit/StatCard';
import { Money } from '../kit/texts';
import { useOverview } from '../tiers/api';
import { customersOf, tiers } from '../tiers/links';
import { AsOf } from '../tiers/parts/AsOf';
import { BaseTable } from '../tiers/parts/BaseTable';
import { Changes } from '../tiers/parts/Changes';
import { Panel } from '../tiers/parts/Panel';
import { PotentialList } from '../tiers/parts/PotentialList';
import { FirstSteps } from './FirstSteps';
import { vip } from './model/vip';
import { ParetoChart } from './ParetoChart';
import { ParetoSentence } from './ParetoSentence';
import './today.css';
import { Link } from 'react-router';

const MyNext = lazy(() => import('../service/desk/MyNext'));

/** The first page of the day: who the customers are by level, who is about to become a VIP, what has changed. */
export default function TodayPage() {
  const { t } = useTranslation('today');
  const { setup } = useSession();
  const works = useCan()('work_tickets');
  const next = works && (
    <Suspense>
      <MyNext />
    </Suspense>
  );
  const overview = useOverview();
  const begun = setup.orders > 0 && setup.programme_published;

  if (!begun) {
    return (
      <div className="today">
        <PageHeader title={t('title')} note={t('welcome')} />
        {next}
        <FirstSteps total={overview.data?.total ?? 0} />
      </div>
    );
  }
  if (overview.isError) return <ErrorView error={overview.error} onRetry={() => overview.refetch()} />;
  const data = overview.data;
  const best = data && vip(data.levels);
  const revenue = data?.levels.reduce((sum, level) => sum + Number(level.revenue), 0);
  return (
    <div className="today">
      <PageHeader title={t('title')} extra={<AsOf asOf={data?.as_of} evaluatedAt={data?.evaluated_at} />} />
      {next}
      <div className="stats">
        <StatCard
          label={t('stat.customers')}
          value={count(data?.total)}
          to={customersOf({})}
          loading={!data}
          note={
            data && (
              <>
                {t('stat.revenue')} <Money value={revenue} short />
              </>
            )
          }
        />
        <StatCard
          label={t('stat.vips')}
          value={count(best?.customers)}
          to={customersOf({ level: best?.ranks.join(',') })}
          loading={!data}
          note={best && t('stat.vip_share', { share: share(best.customerShare) })}
        />
        <StatCard
          label={t('stat.vip_revenue')}
          value={share(best?.revenueShare)}
          to={customersOf({ level: best?.ranks.join(','), sort: '-net_spend' })}
          loading={!data}
          note={
            best && (
              <>
                {t('stat.revenue')} <Money value={best.revenue} short />
              </>
            )
          }
        />
        <StatCard
          label={t('stat.changes')}
          value={data && t('stat.up', { n: count(data.changes_30d.up) })}
          to={tiers('changes')}
          loading={!data}
          note={data && t('stat.down', { n: count(data.changes_30d.down) })}
        />
      </div>
      <div className="today-pair">
        <Panel title={t('base.title')} note={t('base.note')} extra={<Link to={tiers()}>{t('base.all')}</Link>}>
          {data ? <BaseTable levels={data.levels} /> : <Skeleton active paragraph={{ rows: 6 }} />}
        </Panel>
        <Panel className="with-chart" title={t('pareto.title')} note={data && <ParetoSentence pareto={data.pareto} />}>
          {data ? <ParetoChart pareto={data.pareto} /> : <Skeleton active paragraph={{ rows: 6 }} />}
        </Panel>
      </div>
      <div className="today-pair even">
        <Panel
          title={t('potential.title')}
          note={t('potential.note')}
          extra={<Link to={tiers('potentials')}>{t('all')}</Link>}
        >
          <PotentialList limit={6} />
        </Panel>
        <Panel title={t('changes.title')} extra={<Link to={tiers('changes')}>{t('all')}</Link>}>
          <Changes limit={6} />
        </Panel>
      </div>
    </div>
  );
}
