import { type ComponentType, lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { useParams } from 'react-router';
import { PageHeader } from '../../kit/PageHeader';
import { TabLinks } from '../../tiers/parts/TabLinks';
import './routing.css';

const TABS = {
  team: lazy(() => import('./TeamTab')),
  groups: lazy(() => import('./GroupsTab')),
  order: lazy(() => import('./OrderTab')),
  try: lazy(() => import('./TryTab')),
  simulator: lazy(() => import('./SimulatorTab')),
  fairness: lazy(() => import('./FairnessTab')),
} satisfies Record<string, ComponentType>;
type Tab = keyof typeof TABS;
const isTab = (text: string | undefined): text is Tab => !!text && text in TABS;

/** Who gets a ticket and when: the team, its groups, the order of the queue, and what comes of it. */
export default function RoutingPage() {
  const { t } = useTranslation('routing');
  const { tab } = useParams();
  const shown: Tab = isTab(tab) ? tab : 'team';
  const Page = TABS[shown];
  return (
    <div className="routing">
      <PageHeader title={t('title')} note={t(`note.${shown}`)} />
      <TabLinks
        label={t('title')}
        current={shown}
        items={(Object.keys(TABS) as Tab[]).map((key) => ({
          key,
          to: key === 'team' ? '/service/routing' : `/service/routing/${key}`,
          label: t(`tab.${key}`),
        }))}
      />
      <Suspense fallback={null}>
        <Page />
      </Suspense>
    </div>
  );
}
