import { type ComponentType, lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { useParams } from 'react-router';
import { PageHeader } from '../../kit/PageHeader';
import { TabLinks } from '../../tiers/parts/TabLinks';
import './intake.css';

const TABS = {
  mailboxes: lazy(() => import('./MailboxesTab')),
  forms: lazy(() => import('./FormsTab')),
  hooks: lazy(() => import('./HooksTab')),
  public: lazy(() => import('./PublicTab')),
} satisfies Record<string, ComponentType>;
type Tab = keyof typeof TABS;
const isTab = (text: string | undefined): text is Tab => !!text && text in TABS;

/** The ways by which customers reach the service. */
export default function IntakePage() {
  const { t } = useTranslation('intake');
  const { tab } = useParams();
  const shown: Tab = isTab(tab) ? tab : 'mailboxes';
  const Page = TABS[shown];
  return (
    <div className="intake">
      <PageHeader title={t('title')} note={t(`note.${shown}`)} />
      <TabLinks
        label={t('title')}
        current={shown}
        items={(Object.keys(TABS) as Tab[]).map((key) => ({
          key,
          to: key === 'mailboxes' ? '/service/intake' : `/service/intake/${key}`,
          label: t(`tab.${key}`),
        }))}
      />
      <Suspense fallback={null}>
        <Page />
      </Suspense>
    </div>
  );
}
