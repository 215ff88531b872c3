import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Form, Input, Modal, Skeleton, Switch, Typography } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call, patch, post } from '../../api/client';
import { messageOf } from '../../api/problem';
import { Empty } from '../../kit/Empty';
import { ErrorView } from '../../kit/ErrorView';
import { type Hook, POINTERS, useHooks } from './api';

type Values = { name: string; active: boolean; mapping: Hook['mapping'] };

function HookDialog({ hook, onClose, onSecret }: { hook?: Hook; onClose: () => void; onSecret: (made: Hook) => void }) {
  const { t } = useTranslation('intake');
  const queries = useQueryClient();
  const [form] = Form.useForm<Values>();
  const save = useMutation({
    mutationFn: ({ name, active, mapping }: Values) => {
      const said = Object.fromEntries(Object.entries(mapping).filter(([, value]) => value?.trim()));
      const body = {
        name,
        mapping: { ...hook?.mapping, ...Object.fromEntries(POINTERS.map((one) => [one, null])), ...said },
      };
      return hook
        ? patch<Hook>(`/service-hooks/${hook.id}`, { ...body, active }, { version: hook.version })
        : post<Hook>('/service-hooks', body);
    },
    onSuccess: (made) => {
      void queries.invalidateQueries({ queryKey: ['service', 'hooks'] });
      if (made.secret) onSecret(made);
      onClose();
    },
  });
  return (
    <Modal
      open
      title={t(hook ? 'hook.edit' : 'hook.new')}
      okText={t('common:action.save')}
      cancelText={t('common:action.cancel')}
      confirmLoading={save.isPending}
      onOk={() => form.submit()}
      onCancel={onClose}
    >
      {save.isError && <Alert type="error" showIcon title={messageOf(save.error)} />}
      <Form<Values>
        form={form}
        layout="vertical"
        onFinish={(values) => save.mutate(values)}
        initialValues={{
          name: hook?.name,
          active: hook?.active ?? true,
          mapping: hook?.mapping ?? { body: '/text/content', external_id: '/from_user', external_source: 'wecom' },
        }}
      >
        <Form.Item name="name" label={t('name')} rules={[{ required: true, message: t('needed') }]}>
          <Input maxLength={60} />
        </Form.Item>
        {hook && (
          <Form.Item name="active" label={t('on')} valuePropName="checked">
            <Switch />
          </Form.Item>
        )}
        <p className="quiet">{t('hook.mapping_note')}</p>
        <div className="intake-pair">
          {POINTERS.map((one) => (
            <Form.Item
              key={one}
              name={['mapping', one]}
              label={t(`hook.${one}`)}
              rules={one === 'body' ? [{ required: true, message: t('needed') }] : []}
            >
              <Input maxLength={200} placeholder={one === 'external_source' ? 'wecom' : '/…'} />
            </Form.Item>
          ))}
        </div>
      </Form>
    </Modal>
  );
}

/** Other systems that send what customers say. */
export default function HooksTab() {
  const { t, i18n } = useTranslation('intake');
  const { modal, message } = App.useApp();
  const queries = useQueryClient();
  const found = useHooks();
  const [editing, edit] = useState<Hook | 'new'>();
  const [made, show] = useState<Hook>();
  const fresh = () => void queries.invalidateQueries({ queryKey: ['service', 'hooks'] });
  const failed = (error: Error) => void message.error(messageOf(error));
  const remove = useMutation({
    mutationFn: (id: string) => call(`/service-hooks/${id}`, { method: 'DELETE' }),
    onSuccess: fresh,
    onError: failed,
  });
  const renew = useMutation({
    mutationFn: (hook: Hook) =>
      patch<Hook>(`/service-hooks/${hook.id}`, { new_secret: true }, { version: hook.version }),
    onSuccess: (hook) => {
      fresh();
      show(hook);
    },
    onError: failed,
  });
  if (found.isError) return <ErrorView error={found.error} onRetry={() => found.refetch()} />;
  if (!found.data) return <Skeleton active />;
  const { items } = found.data;
  const add = (
    <Button type="primary" onClick={() => edit('new')}>
      {t('hook.new')}
    </Button>
  );
  const sure = (title: string, okText: string, onOk: () => Promise<unknown>) =>
    modal.confirm({ title, okText, cancelText: t('common:action.cancel'), onOk });
  return (
    <section className="panel">
      {items.length > 0 && <div className="intake-head">{add}</div>}
      {items.length === 0 && <Empty title={t('hook.none')} note={t('hook.none_note')} action={add} />}
      <ul className="intake-cards">
        {items.map((one) => (
          <li key={one.id}>
            <div className="intake-head">
              <h3>{one.name}</h3>
              {!one.active && <span className="quiet">{t('off')}</span>}
            </div>
            <p>
              {t('hook.address')}{' '}
              <Typography.Text copyable code>{`${window.location.origin}/api/v1/hooks/${one.key}`}</Typography.Text>
            </p>
            <p className="quiet">{t('taken', { n: one.taken })}</p>
            {one.problem && (
              <Alert
                type="error"
                showIcon
                title={`${t('hook.last_failed')}${i18n.language.startsWith('zh') ? one.problem.text.zh : one.problem.text.en}`}
              />
            )}
            <div className="intake-buttons">
              <Button size="small" onClick={() => edit(one)}>
                {t('common:action.edit')}
              </Button>
              <Button
                size="small"
                onClick={() => sure(t('hook.renew_sure'), t('hook.renew'), () => renew.mutateAsync(one))}
              >
                {t('hook.renew')}
              </Button>
              <Button
                size="small"
                danger
                onClick={() =>
                  sure(t('hook.delete', { name: one.name }), t('delete'), () => remove.mutateAsync(one.id))
                }
              >
                {t('delete')}
              </Button>
            </div>
          </li>
        ))}
      </ul>
      {editing && (
        <HookDialog hook={editing === 'new' ? undefined : editing} onClose={() => edit(undefined)} onSecret={show} />
      )}
      {made && (
        <Modal
          open
          title={t('hook.secret')}
          footer={
            <Button type="primary" onClick={() => show(undefined)}>
              {t('hook.secret_kept')}
            </Button>
          }
          closable={false}
        >
          <p>{t('hook.secret_note')}</p>
          <Typography.Text copyable code>
            {made.secret ?? ''}
          </Typography.Text>
        </Modal>
      )}
    </section>
  );
}
