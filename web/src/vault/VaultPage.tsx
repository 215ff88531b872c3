import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Form, Input, Modal, Select, Skeleton, Tag } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { get, patch, post } from '../api/client';
import { messageOf, Problem } from '../api/problem';
import { useCan } from '../api/session';
import { said } from '../i18n';
import { ErrorView } from '../kit/ErrorView';
import { PageHeader } from '../kit/PageHeader';
import { CLASSES, type Field, FORMS } from './api';
import './vault.css';

/** The fields whose values are in the vault, and looking for a customer by one. */
export default function VaultPage() {
  const { t } = useTranslation('vault');
  const { message } = App.useApp();
  const can = useCan();
  const queries = useQueryClient();
  const there = useQuery({
    queryKey: ['sensitive-fields'],
    queryFn: ({ signal }) => get<{ items: Field[] }>('/sensitive-fields', undefined, signal),
    select: (list) => list.items,
  });
  const [making, make] = useState(false);
  const shelve = useMutation({
    mutationFn: (field: Field) =>
      patch(`/sensitive-fields/${field.id}`, { archived: !field.archived }, { version: field.version }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['sensitive-fields'] }),
    onError: (error) => void message.error(messageOf(error)),
  });
  if (there.isError) return <ErrorView error={there.error} onRetry={() => there.refetch()} />;
  const open = there.data?.filter((field) => !field.archived) ?? [];
  return (
    <>
      <PageHeader
        title={t('common:page.vault')}
        back={{ to: '/settings', label: t('common:room.settings') }}
        note={t('note')}
        extra={
          <Button type="primary" onClick={() => make(true)}>
            {t('new')}
          </Button>
        }
      />
      <div className="va">
        <section className="panel">
          {!there.data && <Skeleton active />}
          {there.data?.length === 0 && <p className="quiet">{t('none')}</p>}
          <ul className="va-list">
            {there.data?.map((field) => (
              <li key={field.id}>
                <span className="va-name">
                  <b>{said(field.name)}</b> <span className="quiet">{field.key}</span>
                </span>
                <span className="va-value">
                  <Tag>{t(`class.${field.class}`)}</Tag>
                  <Tag>{t(`form.${field.form}`)}</Tag>
                  {field.archived && <Tag color="default">{t('archived')}</Tag>}
                </span>
                <span className="va-deeds">
                  <Button size="small" disabled={shelve.isPending} onClick={() => shelve.mutate(field)}>
                    {t(field.archived ? 'restore' : 'archive')}
                  </Button>
                </span>
              </li>
            ))}
          </ul>
        </section>
        {open.length > 0 && can('reveal_personal') && <Find fields={open} />}
      </div>
      {making && <NewField close={() => make(false)} />}
    </>
  );
}

function Find({ fields }: { fields: Field[] }) {
  const { t } = useTranslation('vault');
  const [form] = Form.useForm<{ field: string; value: string }>();
  const find = useMutation({
    mutationFn: ({ field, value }: { field: string; value: string }) =>
      post<{ items: { customer_id: string; name: string }[] }>(`/sensitive-fields/${field}/find`, { value }),
    onError: (error) => {
      if (error instanceof Problem && error.fields.value) {
        form.setFields([{ name: 'value', errors: [error.fields.value] }]);
      }
    },
  });
  const unmarked = find.error && !(find.error instanceof Problem && find.error.fields.value);
  return (
    <section className="panel">
      <h2>{t('find')}</h2>
      <p className="quiet">{t('find_note')}</p>
      {unmarked && <Alert type="error" showIcon title={messageOf(find.error)} className="va-gap" />}
      <Form
        form={form}
        className="va-find"
        initialValues={{ field: fields[0]?.id }}
        onFinish={(all) => find.mutate(all)}
      >
        <Form.Item name="field">
          <Select
            aria-label={t('field')}
            options={fields.map((field) => ({ value: field.id, label: said(field.name) }))}
          />
        </Form.Item>
        <Form.Item name="value" rules={[{ required: true, whitespace: true, message: t('value_fault') }]}>
          <Input autoComplete="off" maxLength={200} aria-label={t('value')} placeholder={t('whole_value')} />
        </Form.Item>
        <Button htmlType="submit" loading={find.isPending}>
          {t('find_button')}
        </Button>
      </Form>
      {find.data?.items.length === 0 && <p>{t('find_none')}</p>}
      <ul className="va-found">
        {find.data?.items.map((one) => (
          <li key={one.customer_id}>
            <Link to={`/customers/${one.customer_id}`}>{one.name}</Link>
          </li>
        ))}
      </ul>
    </section>
  );
}

function NewField({ close }: { close: () => void }) {
  const { t } = useTranslation('vault');
  const queries = useQueryClient();
  const [form] = Form.useForm<{ zh: string; en?: string; key: string; class: string; form: string }>();
  const save = useMutation({
    mutationFn: ({ zh, en, ...rest }: { zh: string; en?: string; key: string; class: string; form: string }) =>
      post('/sensitive-fields', { ...rest, name: { zh: zh.trim(), en: en?.trim() ?? '' } }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['sensitive-fields'] });
      close();
    },
    onError: (error) => {
      if (error instanceof Problem && error.fields.key) form.setFields([{ name: 'key', errors: [error.fields.key] }]);
    },
  });
  const unmarked = save.error && !(save.error instanceof Problem && save.error.fields.key);
  return (
    <Modal
      open
      title={t('new')}
      okText={t('common:action.save')}
      confirmLoading={save.isPending}
      onOk={() => form.submit()}
      onCancel={close}
    >
      {unmarked && <Alert type="error" showIcon title={messageOf(save.error)} className="va-gap" />}
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ class: 'sensitive', form: 'id_number' }}
        onFinish={(values) => save.mutate(values)}
      >
        <Form.Item
          name="zh"
          label={t('name_zh')}
          rules={[{ required: true, whitespace: true, max: 40, message: t('name_fault') }]}
        >
          <Input autoFocus />
        </Form.Item>
        <Form.Item name="en" label={t('name_en')} rules={[{ max: 40, message: t('name_fault') }]}>
          <Input />
        </Form.Item>
        <Form.Item
          name="key"
          label={t('key')}
          rules={[{ required: true, pattern: /^[a-z][a-z0-9_]{0,39}$/, message: t('key_fault') }]}
        >
          <Input placeholder="id_card" />
        </Form.Item>
        <Form.Item name="form" label={t('form_label')}>
          <Select options={FORMS.map((value) => ({ value, label: t(`form.${value}`) }))} />
        </Form.Item>
        <Form.Item name="class" label={t('class_label')}>
          <Select options={CLASSES.map((value) => ({ value, label: t(`class.${value}`) }))} />
        </Form.Item>
      </Form>
    </Modal>
  );
}
