import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Form, Input, InputNumber, Modal, Select, Skeleton, Switch, Typography } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call, patch, post } from '../../api/client';
import { messageOf } from '../../api/problem';
import { Empty } from '../../kit/Empty';
import { ErrorView } from '../../kit/ErrorView';
import { ASKS, type Asks, KINDS, type Kind, type ServiceForm, useForms, type Words } from './api';

type Values = { name: string; active: boolean; title: Words; intro?: Words; thanks?: Words } & {
  kinds: Kind[];
  min_seconds: number;
  per_hour: number;
} & Record<'name_asked' | 'phone' | 'email' | 'product', Asks>;

const FIELDS = ['name_asked', 'phone', 'email', 'product'] as const;

const both = (words?: Words | null) =>
  words?.zh?.trim() || words?.en?.trim() ? { zh: words.zh ?? '', en: words.en ?? '' } : null;

function FormDialog({ form: shown, onClose }: { form?: ServiceForm; onClose: () => void }) {
  const { t } = useTranslation('intake');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [form] = Form.useForm<Values>();
  const save = useMutation({
    mutationFn: ({ name, active, intro, thanks, name_asked, ...rest }: Values) => {
      const settings = { ...rest, name: name_asked, intro: both(intro), thanks: both(thanks) };
      return shown
        ? patch(`/service-forms/${shown.id}`, { name, active, settings }, { version: shown.version })
        : post('/service-forms', { name, settings });
    },
    onSuccess: () => {
      void message.success(t('common:saved'));
      void queries.invalidateQueries({ queryKey: ['service', 'forms'] });
      onClose();
    },
  });
  const needed = [{ required: true, message: t('needed') }];
  return (
    <Modal
      open
      width={640}
      title={t(shown ? 'form.edit' : 'form.new')}
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
          name: shown?.name,
          active: shown?.active ?? true,
          title: { zh: '联系客服', en: 'Contact us' },
          kinds: [...KINDS],
          name_asked: 'optional',
          phone: 'required',
          email: 'optional',
          product: 'no',
          min_seconds: 3,
          per_hour: 10,
          ...shown?.settings,
          ...(shown && { name: shown.name, name_asked: shown.settings.name }),
        }}
      >
        <Form.Item name="name" label={t('name')} rules={needed}>
          <Input maxLength={60} />
        </Form.Item>
        {shown && (
          <Form.Item name="active" label={t('on')} valuePropName="checked">
            <Switch />
          </Form.Item>
        )}
        {(['title', 'intro', 'thanks'] as const).map((part) => (
          <div className="intake-pair" key={part}>
            {(['zh', 'en'] as const).map((language) => (
              <Form.Item
                key={language}
                name={[part, language]}
                label={`${t(`form.${part}`)} · ${t(`language.${language}`)}`}
                rules={part === 'title' ? needed : []}
              >
                <Input maxLength={part === 'title' ? 80 : 1000} />
              </Form.Item>
            ))}
          </div>
        ))}
        <Form.Item name="kinds" label={t('form.kinds')} rules={needed}>
          <Select mode="multiple" options={KINDS.map((value) => ({ value, label: t(`desk:kind.${value}`) }))} />
        </Form.Item>
        <div className="intake-pair">
          {FIELDS.map((field) => (
            <Form.Item key={field} name={field} label={t(`form.${field}`)}>
              <Select options={ASKS.map((value) => ({ value, label: t(`form.asks_${value}`) }))} />
            </Form.Item>
          ))}
          <Form.Item name="min_seconds" label={t('form.min_seconds')} extra={t('form.min_seconds_note')}>
            <InputNumber min={0} max={60} />
          </Form.Item>
          <Form.Item name="per_hour" label={t('form.per_hour')}>
            <InputNumber min={1} max={1000} />
          </Form.Item>
        </div>
      </Form>
    </Modal>
  );
}

/** Public forms, with their address and the line that puts them on a page. */
export default function FormsTab() {
  const { t, i18n } = useTranslation('intake');
  const { modal, message } = App.useApp();
  const queries = useQueryClient();
  const found = useForms();
  const [editing, edit] = useState<ServiceForm | 'new'>();
  const remove = useMutation({
    mutationFn: (id: string) => call(`/service-forms/${id}`, { method: 'DELETE' }),
    onSuccess: () => void queries.invalidateQueries({ queryKey: ['service', 'forms'] }),
    onError: (error) => void message.error(messageOf(error)),
  });
  if (found.isError) return <ErrorView error={found.error} onRetry={() => found.refetch()} />;
  if (!found.data) return <Skeleton active />;
  const add = (
    <Button type="primary" onClick={() => edit('new')}>
      {t('form.new')}
    </Button>
  );
  const { items } = found.data;
  return (
    <section className="panel">
      {items.length > 0 && <div className="intake-head">{add}</div>}
      {items.length === 0 && <Empty title={t('form.none')} note={t('form.none_note')} action={add} />}
      <ul className="intake-cards">
        {items.map((one) => {
          const page = `${window.location.origin}/form/${one.key}`;
          const script = `<script src="${page}.js" async></script>`;
          return (
            <li key={one.id}>
              <div className="intake-head">
                <h3>{one.name}</h3>
                {!one.active && <span className="quiet">{t('off')}</span>}
              </div>
              <p>{i18n.language.startsWith('zh') ? one.settings.title.zh : one.settings.title.en}</p>
              <p>
                {t('form.page')}{' '}
                <Typography.Text copyable code>
                  {page}
                </Typography.Text>
              </p>
              <p>
                {t('form.embed')}{' '}
                <Typography.Text copyable code>
                  {script}
                </Typography.Text>
              </p>
              <div className="intake-buttons">
                {one.active && (
                  <Button size="small" href={page} target="_blank" rel="noopener">
                    {t('form.preview')}
                  </Button>
                )}
                <Button size="small" onClick={() => edit(one)}>
                  {t('common:action.edit')}
                </Button>
                <Button
                  size="small"
                  danger
                  onClick={() =>
                    modal.confirm({
                      title: t('form.delete', { name: one.name }),
                      okText: t('delete'),
                      cancelText: t('common:action.cancel'),
                      onOk: () => remove.mutateAsync(one.id),
                    })
                  }
                >
                  {t('delete')}
                </Button>
              </div>
            </li>
          );
        })}
      </ul>
      {editing && <FormDialog form={editing === 'new' ? undefined : editing} onClose={() => edit(undefined)} />}
    </section>
  );
}
