import { PlusOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Button, Skeleton, Tag } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate, useParams } from 'react-router';
import { get } from '../api/client';
import { Empty } from '../kit/Empty';
import { ErrorView } from '../kit/ErrorView';
import { PageHeader } from '../kit/PageHeader';
import { RelativeTime } from '../kit/texts';
import { type EventKind, standing, type Webhook } from './api';
import { Inside } from './Inside';
import { WebhookDialog } from './WebhookDialog';
import { WebhookDrawer } from './WebhookDrawer';
import './hooks.css';

export const colours = { gone: 'error', off: 'default', failing: 'warning', good: 'success', fresh: 'processing' };

/** Where other systems are told what happens here. */
export default function WebhooksPage() {
  const { t } = useTranslation('hooks');
  const { id } = useParams();
  const navigate = useNavigate();
  const [making, setMaking] = useState(false);
  const hooks = useQuery({
    queryKey: ['webhooks'],
    queryFn: ({ signal }) => get<{ items: Webhook[] }>('/webhooks', undefined, signal),
    select: (list) => list.items,
    refetchInterval: 10_000,
  });
  const kinds = useQuery({
    queryKey: ['webhook-events'],
    queryFn: ({ signal }) => get<{ items: EventKind[] }>('/webhook-events', undefined, signal),
    select: (list) => list.items,
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (hooks.isError) return <ErrorView error={hooks.error} onRetry={() => hooks.refetch()} />;
  const add = (
    <Button type="primary" icon={<PlusOutlined />} onClick={() => setMaking(true)}>
      {t('new')}
    </Button>
  );
  const shown = hooks.data?.find((one) => one.id === id);
  return (
    <>
      <PageHeader
        title={t('common:page.webhooks')}
        back={{ to: '/settings', label: t('common:room.settings') }}
        note={t('note')}
        extra={(hooks.data?.length ?? 0) > 0 && add}
      />
      <div className="wh">
        <section className="panel">
          {hooks.isPending && <Skeleton active />}
          {hooks.data?.length === 0 && <Empty title={t('empty')} action={add} />}
          <ul className="wh-rows">
            {hooks.data?.map((hook) => (
              <li key={hook.id}>
                <div className="wh-what">
                  <Link to={`/settings/webhooks/${hook.id}`}>
                    <b>{hook.name}</b>
                  </Link>{' '}
                  <Tag color={colours[standing(hook)]}>{t(`standing.${standing(hook)}`)}</Tag>
                  {hook.dead > 0 && <Tag color="error">{t('dead', { n: hook.dead })}</Tag>}
                  {hook.pending > 0 && <Tag>{t('pending', { n: hook.pending })}</Tag>}
                  <p className="quiet wh-url">{hook.url}</p>
                  <p className="quiet">
                    {t('wants', { n: hook.events.length })}
                    {hook.succeeded_at && (
                      <>
                        {' · '}
                        {t('last')} <RelativeTime value={hook.succeeded_at} />
                      </>
                    )}
                  </p>
                </div>
                <Button onClick={() => navigate(`/settings/webhooks/${hook.id}`)}>{t('open')}</Button>
              </li>
            ))}
          </ul>
        </section>
        <Inside />
      </div>
      <WebhookDialog open={making} kinds={kinds.data ?? []} onClose={() => setMaking(false)} />
      {shown && <WebhookDrawer hook={shown} kinds={kinds.data ?? []} onClose={() => navigate('/settings/webhooks')} />}
    </>
  );
}
