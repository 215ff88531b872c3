import { PlusOutlined } from '@ant-design/icons';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Skeleton, Space, Tag, Typography } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get, post, put, remove } from '../api/client';
import { messageOf } from '../api/problem';
import { Empty } from '../kit/Empty';
import { ErrorView } from '../kit/ErrorView';
import { PageHeader } from '../kit/PageHeader';
import { type Provider, reasonKey, type Trial } from './api';
import { DirectoryKeys } from './DirectoryKeys';
import { People } from './People';
import { ProviderDialog } from './ProviderDialog';
import './signin.css';

/** By whose word people may sign in, and who makes and ends them. */
export default function SignInPage() {
  const { t } = useTranslation('signin');
  const [editing, setEditing] = useState<Provider | 'new'>();
  const [shown, setShown] = useState<Provider>();
  const providers = useQuery({
    queryKey: ['sign-in-providers'],
    queryFn: ({ signal }) => get<{ items: Provider[] }>('/sign-in-providers', undefined, signal),
    select: (list) => list.items,
  });
  if (providers.isError) return <ErrorView error={providers.error} onRetry={() => providers.refetch()} />;
  const add = (
    <Button type="primary" icon={<PlusOutlined />} onClick={() => setEditing('new')}>
      {t('new')}
    </Button>
  );
  return (
    <>
      <PageHeader
        title={t('common:page.sign_in')}
        back={{ to: '/settings', label: t('common:room.settings') }}
        note={t('note')}
        extra={(providers.data?.length ?? 0) > 0 && add}
      />
      <div className="sso">
        <section className="panel">
          <h2>{t('providers')}</h2>
          {providers.isPending && <Skeleton active />}
          {providers.data?.length === 0 && <Empty title={t('empty')} action={add} />}
          <ul className="sso-rows">
            {providers.data?.map((one) => (
              <Row key={one.id} provider={one} onEdit={() => setEditing(one)} onPeople={() => setShown(one)} />
            ))}
          </ul>
        </section>
        <DirectoryKeys />
      </div>
      <ProviderDialog
        open={editing !== undefined}
        provider={editing === 'new' ? undefined : editing}
        onClose={() => setEditing(undefined)}
      />
      {shown && <People provider={shown} onClose={() => setShown(undefined)} />}
    </>
  );
}

function Row({ provider, onEdit, onPeople }: { provider: Provider; onEdit: () => void; onPeople: () => void }) {
  const { t } = useTranslation('signin');
  const { message, modal } = App.useApp();
  const queries = useQueryClient();
  const path = `/sign-in-providers/${provider.id}`;
  const again = () => queries.invalidateQueries({ queryKey: ['sign-in-providers'] });
  const fault = (error: Error) => void message.error(messageOf(error));
  const turn = useMutation({
    mutationFn: () =>
      put<Provider>(path, { settings: provider.settings, enabled: !provider.enabled }, { version: provider.version }),
    onSuccess: again,
    onError: fault,
  });
  const test = useMutation({ mutationFn: () => post<Trial>(`${path}/test`, {}), onError: fault });
  const drop = () =>
    modal.confirm({
      title: t('drop_question', { name: provider.settings.name }),
      content: t('drop_note'),
      okText: t('common:action.delete'),
      okButtonProps: { danger: true },
      onOk: async () => {
        try {
          await remove(path);
          await again();
        } catch (error) {
          message.error(messageOf(error));
        }
      },
    });
  const { settings } = provider;
  const failed = test.data && !test.data.ok ? reasonKey(test.data.reason ?? '') : undefined;
  return (
    <li>
      <div className="sso-what">
        <b>{settings.name}</b> <Tag>{t(`kind.${settings.kind}`)}</Tag>
        <Tag color={provider.enabled ? 'success' : 'default'}>{t(provider.enabled ? 'on' : 'off')}</Tag>
        <p className="quiet sso-url">{settings.kind === 'oidc' ? settings.issuer : settings.client_id}</p>
        <p className="quiet">
          {t('people_count', { count: provider.people })} · {t(`unknown.${settings.unknown}`)}
          {settings.trusts_second_step && ` · ${t('trusted_short')}`}
        </p>
        <p className="quiet sso-url">
          {t('redirect')}{' '}
          <Typography.Text copyable className="sso-redirect">
            {provider.redirect_uri}
          </Typography.Text>
        </p>
        {test.data?.ok && <Alert type="success" showIcon title={t('test_good')} className="sso-said" />}
        {failed && (
          <Alert type="error" showIcon title={t(`reason.${failed.key}`, { rest: failed.rest })} className="sso-said" />
        )}
      </div>
      <Space wrap>
        <Button loading={test.isPending} onClick={() => test.mutate()}>
          {t('test')}
        </Button>
        <Button onClick={onPeople}>{t('people')}</Button>
        <Button onClick={onEdit}>{t('common:action.edit')}</Button>
        <Button loading={turn.isPending} onClick={() => turn.mutate()}>
          {t(provider.enabled ? 'turn_off' : 'turn_on')}
        </Button>
        <Button danger onClick={drop}>
          {t('common:action.delete')}
        </Button>
      </Space>
    </li>
  );
}
