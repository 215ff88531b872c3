import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Drawer, Popconfirm, Space } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { patch, post, remove } from '../api/client';
import { messageOf } from '../api/problem';
import { InstantText, RelativeTime } from '../kit/texts';
import { type EventKind, standing, type Webhook } from './api';
import { Deliveries } from './Deliveries';
import { SecretOnce, WebhookDialog } from './WebhookDialog';

const DAY = 86_400_000;

/** One webhook: how it stands, what was told, and what can be done with it. */
export function WebhookDrawer({ hook, kinds, onClose }: { hook: Webhook; kinds: EventKind[]; onClose: () => void }) {
  const { t } = useTranslation('hooks');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [changing, setChanging] = useState(false);
  const [rotated, setRotated] = useState<Webhook>();
  const path = `/webhooks/${hook.id}`;
  const again = () => queries.invalidateQueries({ queryKey: ['webhooks'] });
  const fault = (error: Error) => void message.error(messageOf(error));
  const test = useMutation({
    mutationFn: () => post(`${path}/test`),
    onSuccess: () => {
      void message.success(t('test_sent'));
      void again();
    },
    onError: fault,
  });
  const turn = useMutation({
    mutationFn: () => patch<Webhook>(path, { active: !hook.active }, { version: hook.version }),
    onSuccess: again,
    onError: fault,
  });
  const rotate = useMutation({
    mutationFn: () => post<Webhook>(`${path}/secret`),
    onSuccess: (saved) => {
      setRotated(saved);
      void again();
    },
    onError: fault,
  });
  const replay = useMutation({
    mutationFn: () =>
      post<{ deliveries: number }>(`${path}/replay`, { from: new Date(Date.now() - 30 * DAY).toISOString() }),
    onSuccess: ({ deliveries }) => {
      void message.success(t('replayed', { n: deliveries }));
      void again();
    },
    onError: fault,
  });
  const drop = useMutation({
    mutationFn: () => remove(path),
    onSuccess: () => {
      onClose();
      void again();
    },
    onError: fault,
  });
  const stands = standing(hook);
  return (
    <Drawer open title={hook.name} size="large" onClose={onClose}>
      <div className="wh-drawer">
        {stands === 'gone' && <Alert type="error" showIcon title={t('gone_note')} />}
        {stands === 'off' && <Alert type="info" showIcon title={t('off_note')} />}
        {stands === 'failing' && (
          <Alert
            type="warning"
            showIcon
            title={
              <>
                {t('failing_note', { n: hook.failures })} <RelativeTime value={hook.failing_since} />
              </>
            }
          />
        )}
        {hook.dead > 0 && (
          <Alert
            type="error"
            showIcon
            title={t('dead_note', { n: hook.dead })}
            action={
              <Button size="small" loading={replay.isPending} onClick={() => replay.mutate()}>
                {t('replay_dead')}
              </Button>
            }
          />
        )}
        <p className="wh-url">{hook.url}</p>
        {hook.old_until && Date.parse(hook.old_until) > Date.now() && (
          <p className="quiet">
            {t('old_until')} <InstantText value={hook.old_until} />
          </p>
        )}
        <Space wrap>
          <Button type="primary" disabled={!hook.active} loading={test.isPending} onClick={() => test.mutate()}>
            {t('test')}
          </Button>
          <Button onClick={() => setChanging(true)}>{t('common:action.edit')}</Button>
          <Button loading={turn.isPending} onClick={() => turn.mutate()}>
            {t(hook.active ? 'turn_off' : 'turn_on')}
          </Button>
          <Popconfirm title={t('rotate_question')} okText={t('rotate')} onConfirm={() => rotate.mutate()}>
            <Button loading={rotate.isPending}>{t('rotate')}</Button>
          </Popconfirm>
          <Popconfirm title={t('drop_question')} okText={t('common:action.delete')} onConfirm={() => drop.mutate()}>
            <Button danger loading={drop.isPending}>
              {t('common:action.delete')}
            </Button>
          </Popconfirm>
        </Space>
        <Deliveries id={hook.id} kinds={kinds} />
      </div>
      <WebhookDialog open={changing} hook={hook} kinds={kinds} onClose={() => setChanging(false)} />
      <SecretOnce hook={rotated} onClose={() => setRotated(undefined)} />
    </Drawer>
  );
}
