import { EditOutlined, PlusOutlined } from '@ant-design/icons';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { App, Button, Dropdown, Grid, Skeleton, Tabs } from 'antd';
import { lazy, type ReactNode, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Navigate, useParams } from 'react-router';
import { get, post } from '../api/client';
import { messageOf } from '../api/problem';
import { useCan } from '../api/session';
import { ErrorView } from '../kit/ErrorView';
import { count } from '../kit/format';
import { LevelBadge } from '../kit/level';
import { PageHeader } from '../kit/PageHeader';
import { StatCard } from '../kit/StatCard';
import { DayText, Money, RelativeTime } from '../kit/texts';
import { useLevels } from '../kit/useLevels';
import { useUrlState } from '../kit/useUrlState';
import type { Customer } from './api';
import { CustomerForm } from './CustomerForm';
import { CustomerTags } from './CustomerTags';
import { Preferences } from './Preferences';
import { Profile } from './Profile';
import { RecordForm } from './RecordForm';
import { Timeline } from './Timeline';
import './customers.css';

const CustomerTickets = lazy(() => import('../service/desk/CustomerTickets'));
const CustomerCare = lazy(() => import('../service/visits/CustomerCare'));
const CustomerPrivacy = lazy(() => import('../privacy/CustomerPrivacy'));
const KeptOnly = lazy(() => import('../privacy/KeptOnly'));
const CustomerMerges = lazy(() => import('../merge/CustomerMerges'));
const MergeWith = lazy(() => import('../merge/MergeWith'));
const CustomerSensitive = lazy(() => import('../vault/CustomerSensitive'));
const WhyDialog = lazy(() => import('../roles/WhyDialog'));
const LevelExplanation = lazy(() => import('../tiers/LevelExplanation'));

/** Everything about one customer: the headline, what happened, why this level, the profile. */
export default function CustomerPage() {
  const { id = '' } = useParams();
  const { t } = useTranslation('customers');
  const customer = useQuery({
    queryKey: ['customer', id],
    queryFn: ({ signal }) => get<Customer>(`/customers/${id}`, undefined, signal),
  });
  const back = { to: '/customers', label: t('common:room.customers') };
  if (customer.isError) {
    return (
      <>
        <PageHeader title={t('common:page.customer')} back={back} />
        <ErrorView error={customer.error} onRetry={() => customer.refetch()} />
      </>
    );
  }
  if (!customer.data) {
    return (
      <>
        <PageHeader title={<Skeleton.Button active style={{ width: 180 }} />} back={back} />
        <Skeleton active paragraph={{ rows: 8 }} />
      </>
    );
  }
  // The id of an entry that was merged leads to the customer it went into.
  if (customer.data.id !== id) return <Navigate replace to={`/customers/${customer.data.id}?merged_from=${id}`} />;
  return <Page customer={customer.data} back={back} />;
}

function Page({ customer, back }: { customer: Customer; back: { to: string; label: string } }) {
  const { t } = useTranslation('customers');
  const [state, change] = useUrlState();
  const wide = Grid.useBreakpoint().lg;
  const phone = !Grid.useBreakpoint().md;
  const { message, modal } = App.useApp();
  const queries = useQueryClient();
  const can = useCan();
  const { levels, byRank } = useLevels();
  const highest = levels.length > 0 && customer.level_rank === levels.at(-1)?.rank;
  const [editing, setEditing] = useState(false);
  const [recording, setRecording] = useState(false);
  const [merging, merge] = useState(false);
  const [asking, setAsking] = useState(false);
  const level = byRank.get(customer.level_rank);
  const archived = customer.status === 'archived';

  const archive = (to: 'archive' | 'restore') => {
    const run = async () => {
      try {
        await post(`/customers/${customer.id}/${to}`, {}, { version: customer.version });
        await queries.invalidateQueries({ queryKey: ['customer', customer.id] });
        void queries.invalidateQueries({ queryKey: ['list', '/customers'] });
        message.success(t(`${to}.done`));
      } catch (error) {
        message.error(messageOf(error));
      }
    };
    if (to === 'restore') return void run();
    modal.confirm({ title: t('archive.question', { name: customer.name }), content: t('archive.note'), onOk: run });
  };

  const more = [
    ...(can('archive_customers')
      ? [archived ? { key: 'restore', label: t('restore.action') } : { key: 'archive', label: t('archive.action') }]
      : []),
    ...(can('merge_customers') && !archived ? [{ key: 'merge', label: t('merge:with.button') }] : []),
    ...(can('manage_staff') ? [{ key: 'why', label: t('roles:why.action') }] : []),
  ];
  const side = (
    <>
      <Profile customer={customer} />
      <Preferences customerId={customer.id} />
    </>
  );
  const tabs: { key: string; label: string; children: ReactNode }[] = [
    {
      key: 'timeline',
      label: t('tab.timeline'),
      children: (
        <Timeline customer={customer} onRecord={can('record_activities') ? () => setRecording(true) : undefined} />
      ),
    },
    {
      key: 'level',
      label: t('tab.level'),
      children: (
        <Suspense fallback={<Skeleton active />}>
          <LevelExplanation customerId={customer.id} />
        </Suspense>
      ),
    },
  ];
  if (can('read_tickets')) {
    tabs.push({
      key: 'tickets',
      label: t('desk:panel.tab'),
      children: (
        <Suspense fallback={<Skeleton active />}>
          <CustomerTickets customerId={customer.id} />
        </Suspense>
      ),
    });
    tabs.push({
      key: 'care',
      label: t('managers:care.tab'),
      children: (
        <Suspense fallback={<Skeleton active />}>
          <CustomerCare customerId={customer.id} />
        </Suspense>
      ),
    });
  }
  tabs.push({
    key: 'privacy',
    label: t('privacy:tab'),
    children: (
      <Suspense fallback={<Skeleton active />}>
        <CustomerSensitive customerId={customer.id} />
        <CustomerPrivacy customerId={customer.id} />
      </Suspense>
    ),
  });
  if (!wide) tabs.push({ key: 'profile', label: t('tab.profile'), children: side });

  // Elsewhere it would lie on the buttons of rows; there the one on top does.
  const onTimeline = !tabs.some((tab) => tab.key === state.tab && tab.key !== 'timeline');
  return (
    <>
      <PageHeader
        back={back}
        title={
          <span className="who">
            {customer.name}
            {customer.kind === 'company' && <span className="who-kind">{t('kind.company')}</span>}
            {archived && <span className="who-kind">{t('status.archived')}</span>}
          </span>
        }
        note={
          <span className="who-line">
            <LevelBadge {...level} rank={customer.level_rank} />
            {customer.level_rank > 0 && (
              <Button type="link" size="small" onClick={() => change({ tab: 'level' })}>
                {t('why_level')}
              </Button>
            )}
            <CustomerTags customer={customer} />
          </span>
        }
        extra={
          <>
            {can('record_activities') && !archived && (
              <Button type="primary" icon={<PlusOutlined />} onClick={() => setRecording(true)}>
                {t('record.button')}
              </Button>
            )}
            {can('edit_customers') && (
              <Button icon={<EditOutlined />} onClick={() => setEditing(true)}>
                {t('common:action.edit')}
              </Button>
            )}
            {more.length > 0 && (
              <Dropdown
                trigger={['click']}
                menu={{
                  items: more,
                  onClick: ({ key }) => {
                    if (key === 'why') setAsking(true);
                    else if (key === 'merge') merge(true);
                    else archive(key as 'archive' | 'restore');
                  },
                }}
              >
                <Button aria-label={t('common:action.more')}>···</Button>
              </Dropdown>
            )}
          </>
        }
      />
      {asking && (
        <Suspense>
          <WhyDialog customer={customer} onClose={() => setAsking(false)} />
        </Suspense>
      )}
      <Suspense>
        <KeptOnly customerId={customer.id} />
      </Suspense>
      <Suspense fallback={null}>
        <CustomerMerges id={customer.id} />
      </Suspense>
      <div className="stats who-stats">
        <StatCard
          label={t('column.score')}
          value={customer.score === null || customer.score === undefined ? '–' : customer.score.toFixed(1)}
          note={customer.level_since ? t('level_since', { day: customer.level_since }) : undefined}
        />
        <StatCard label={t('column.net_spend')} value={<Money value={customer.net_spend} />} note={t('all_time')} />
        <StatCard label={t('column.orders')} value={count(customer.orders)} note={t('all_time')} />
        <StatCard
          label={t('column.last_order')}
          value={<DayText value={customer.last_order_day} />}
          note={customer.last_order_day && <RelativeTime value={customer.last_order_day} />}
        />
        <StatCard label="RFM" value={customer.rfm ? String(customer.rfm) : '–'} note={t('rfm_note')} />
        <StatCard
          label={t('column.potential')}
          value={
            highest || customer.potential === null || customer.potential === undefined
              ? '–'
              : `${Math.round(customer.potential * 100)}%`
          }
          note={highest ? t('potential_highest') : t('potential_note')}
        />
      </div>
      <div className={wide ? 'who-grid' : undefined}>
        <Tabs
          activeKey={tabs.some((tab) => tab.key === state.tab) ? state.tab : 'timeline'}
          onChange={(tab) => change({ tab: tab === 'timeline' ? null : tab })}
          items={tabs}
          destroyOnHidden
        />
        {wide && (
          <aside className="panel who-profile">
            <h2>{t('tab.profile')}</h2>
            {side}
          </aside>
        )}
      </div>
      {phone && onTimeline && can('record_activities') && !archived && (
        <Button
          className="float-record"
          type="primary"
          shape="round"
          size="large"
          icon={<PlusOutlined />}
          onClick={() => setRecording(true)}
        >
          {t('record.short')}
        </Button>
      )}
      <CustomerForm open={editing} customer={customer} onClose={() => setEditing(false)} onDone={() => undefined} />
      {merging && (
        <Suspense fallback={null}>
          <MergeWith id={customer.id} name={customer.name} onClose={() => merge(false)} />
        </Suspense>
      )}
      <RecordForm open={recording} customer={customer} onClose={() => setRecording(false)} />
    </>
  );
}
