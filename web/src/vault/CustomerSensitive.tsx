import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Form, Input, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get, post, put } from '../api/client';
import { messageOf, Problem } from '../api/problem';
import { useCan } from '../api/session';
import { said } from '../i18n';
import { ErrorView } from '../kit/ErrorView';
import type { Masked } from './api';
import './vault.css';

/** On a customer's page: what is kept of him in the vault, masked; in full for a moment, with a reason. */
export default function CustomerSensitive({ customerId }: { customerId: string }) {
  const { t } = useTranslation('vault');
  const can = useCan();
  const path = `/customers/${customerId}/sensitive`;
  const there = useQuery({
    queryKey: ['sensitive', customerId],
    queryFn: ({ signal }) => get<{ items: Masked[] }>(path, undefined, signal),
  });
  const [editing, edit] = useState<Masked>();
  const [asking, ask] = useState<Masked>();
  const [full, show] = useState<Record<string, string>>({});
  if (there.isError) return <ErrorView error={there.error} onRetry={() => there.refetch()} />;
  if (!there.data?.items.length) return null;
  const hide = (id: string) => show(({ [id]: _, ...rest }) => rest);
  return (
    <section className="va-section">
      <h3>{t('title')}</h3>
      <ul className="va-list">
        {there.data.items.map((one) => (
          <li key={one.field.id}>
            <span className="va-name">{said(one.field.name)}</span>
            <span className="number va-value">
              {full[one.field.id] ?? one.masked ?? <i className="quiet">{t('empty')}</i>}
            </span>
            <span className="va-deeds">
              {one.masked && can('reveal_personal') && (
                <Button size="small" onClick={() => (full[one.field.id] ? hide(one.field.id) : ask(one))}>
                  {t(full[one.field.id] ? 'hide' : 'reveal')}
                </Button>
              )}
              {can('edit_customers') && (
                <Button size="small" onClick={() => edit(one)}>
                  {t(one.masked ? 'change' : 'fill')}
                </Button>
              )}
            </span>
          </li>
        ))}
      </ul>
      {asking && (
        <Reason
          path={`${path}/${asking.field.id}/reveal`}
          name={said(asking.field.name)}
          close={() => ask(undefined)}
          shown={(value) => show((all) => ({ ...all, [asking.field.id]: value }))}
        />
      )}
      {editing && <Value path={path} customerId={customerId} one={editing} close={() => edit(undefined)} />}
    </section>
  );
}

function Reason(props: { path: string; name: string; close: () => void; shown: (value: string) => void }) {
  const { t } = useTranslation('vault');
  const [form] = Form.useForm<{ reason: string }>();
  const reveal = useMutation({
    mutationFn: (body: { reason: string }) => post<{ value: string }>(props.path, body),
    onSuccess: ({ value }) => {
      props.shown(value);
      props.close();
    },
  });
  return (
    <Modal
      open
      title={t('reveal_title', { name: props.name })}
      okText={t('reveal')}
      confirmLoading={reveal.isPending}
      onOk={() => form.submit()}
      onCancel={props.close}
    >
      {reveal.isError && <Alert type="error" showIcon title={messageOf(reveal.error)} className="va-gap" />}
      <Form form={form} layout="vertical" requiredMark={false} onFinish={(values) => reveal.mutate(values)}>
        <Form.Item
          name="reason"
          label={t('reason')}
          extra={t('reason_note')}
          rules={[{ required: true, whitespace: true, min: 2, max: 200, message: t('reason_fault') }]}
        >
          <Input autoFocus placeholder={t('reason_example')} />
        </Form.Item>
      </Form>
    </Modal>
  );
}

function Value({ path, customerId, one, close }: { path: string; customerId: string; one: Masked; close: () => void }) {
  const { t } = useTranslation('vault');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [form] = Form.useForm<{ value: string }>();
  const save = useMutation({
    mutationFn: (value: string | null) => put<{ items: Masked[] }>(`${path}/${one.field.id}`, { value }),
    onSuccess: (saved) => {
      queries.setQueryData(['sensitive', customerId], saved);
      void message.success(t('common:saved'));
      close();
    },
    onError: (error) => {
      if (error instanceof Problem && error.fields.value) {
        form.setFields([{ name: 'value', errors: [error.fields.value] }]);
      }
    },
  });
  const unmarked = save.error && !(save.error instanceof Problem && save.error.fields.value);
  return (
    <Modal
      open
      title={said(one.field.name)}
      okText={t('common:action.save')}
      confirmLoading={save.isPending}
      onOk={() => form.submit()}
      onCancel={close}
      footer={(_, { OkBtn, CancelBtn }) => (
        <>
          {one.masked && (
            <Button danger className="va-clear" disabled={save.isPending} onClick={() => save.mutate(null)}>
              {t('clear')}
            </Button>
          )}
          <CancelBtn />
          <OkBtn />
        </>
      )}
    >
      {unmarked && <Alert type="error" showIcon title={messageOf(save.error)} className="va-gap" />}
      <Form form={form} layout="vertical" requiredMark={false} onFinish={({ value }) => save.mutate(value)}>
        <Form.Item
          name="value"
          label={t(`form.${one.field.form}`)}
          extra={one.masked ? t('now', { masked: one.masked }) : t('sealed_note')}
          rules={[{ required: true, whitespace: true, message: t('value_fault') }]}
        >
          <Input autoFocus autoComplete="off" maxLength={200} />
        </Form.Item>
      </Form>
    </Modal>
  );
}
