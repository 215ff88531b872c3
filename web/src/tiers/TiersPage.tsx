import { lazy, Suspense, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useParams } from 'react-router';
import { useCan } from '../api/session';
import { PageHeader } from '../kit/PageHeader';
import { useOverview } from './api';
import { tiers } from './links';
import { AsOf } from './parts/AsOf';
import { TabLinks } from './parts/TabLinks';

const pages = {
  overview: lazy(() => import('./OverviewTab')),
  rfm: lazy(() => import('./RfmTab')),
  potentials: lazy(() => import('./PotentialsTab')),
  changes: lazy(() => import('./ChangesTab')),
  rules: lazy(() => import('./RulesTab')),
  versions: lazy(() => import('./VersionsTab')),
};
type Tab = keyof typeof pages;

const isTab = (name: string | undefined): name is Tab => !!name && name in pages;

/** The room of levels: the ladder, RFM, potential VIPs, changes, and the rules with their versions. */
export default function TiersPage() {
  const { t } = useTranslation('tiers');
  const { tab } = useParams();
  const can = useCan();
  const overview = useOverview();
  const shown: Tab = isTab(tab) ? tab : 'overview';
  const Page = pages[shown];
  const items = useMemo(
    () =>
      (Object.keys(pages) as Tab[])
        .filter((name) => (name === 'rules' ? can('simulate_tiering') : true))
        .map((name) => ({ key: name, to: tiers(name === 'overview' ? undefined : name), label: t(`tab.${name}`) })),
    [t, can],
  );
  return (
    <div className="tiers">
      <PageHeader
        title={t('title')}
        extra={<AsOf asOf={overview.data?.as_of} evaluatedAt={overview.data?.evaluated_at} />}
      />
      <TabLinks label={t('title')} items={items} current={shown} />
      <Suspense fallback={null}>
        <Page />
      </Suspense>
    </div>
  );
}
