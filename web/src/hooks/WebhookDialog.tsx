import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Checkbox, Form, Input, Modal } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { patch, post } from '../api/client';
import { messageOf } from '../api/problem';
import { said } from '../i18n';
import { Secret } from '../settings/Secret';
import type { EventKind, Webhook } from './api';

interface Values {
  name: string;
  url: string;
  events: string[];
}

/** Makes a webhook, or changes one. A new one shows its secret, once. */
export function WebhookDialog({
  open,
  hook,
  kinds,
  onClose,
}: {
  open: boolean;
  hook?: Webhook;
  kinds: EventKind[];
  onClose: () => void;
}) {
  const { t } = useTranslation('hooks');
  const queries = useQueryClient();
  const [form] = Form.useForm<Values>();
  const [made, setMade] = useState<Webhook>();
  const save = useMutation({
    mutationFn: (values: Values) => {
      const body = { ...values, name: values.name.trim(), url: values.url.trim() };
      return hook
        ? patch<Webhook>(`/webhooks/${hook.id}`, body, { version: hook.version })
        : post<Webhook>('/webhooks', body);
    },
    onSuccess: (saved) => {
      void queries.invalidateQueries({ queryKey: ['webhooks'] });
      onClose();
      if (saved.secret) setMade(saved);
    },
  });
  const { reset } = save;
  useEffect(() => {
    if (!open) return;
    reset();
    form.setFieldsValue(hook ?? { name: '', url: '', events: [] });
  }, [open, hook, form, reset]);
  return (
    <>
      <Modal
        open={open}
        onCancel={onClose}
        title={t(hook ? 'change' : 'new')}
        okText={t(hook ? 'common:action.save' : 'common:action.create')}
        onOk={() => form.submit()}
        confirmLoading={save.isPending}
      >
        <Form form={form} layout="vertical" name="webhook" requiredMark={false} onFinish={(v) => save.mutate(v)}>
          {save.isError && <Alert type="error" showIcon title={messageOf(save.error)} style={{ marginBottom: 16 }} />}
          <Form.Item name="name" label={t('name')} rules={[{ required: true, whitespace: true, message: t('needed') }]}>
            <Input maxLength={60} placeholder={t('name_hint')} />
          </Form.Item>
          <Form.Item
            name="url"
            label={t('url')}
            extra={t('url_note')}
            rules={[
              { required: true, whitespace: true, message: t('needed') },
              { pattern: /^\s*https?:\/\/[^\s]+$/i, message: t('url_fault') },
            ]}
          >
            <Input maxLength={500} placeholder="https://example.com/zunke" inputMode="url" />
          </Form.Item>
          <Form.Item name="events" label={t('events')} rules={[{ required: true, message: t('events_fault') }]}>
            <Checkbox.Group className="wh-kinds">
              {kinds
                .filter((kind) => kind.can_be_wanted)
                .map((kind) => (
                  <Checkbox key={kind.type} value={kind.type}>
                    {said(kind.text)} <code>{kind.type}</code>
                  </Checkbox>
                ))}
            </Checkbox.Group>
          </Form.Item>
        </Form>
      </Modal>
      <SecretOnce hook={made} onClose={() => setMade(undefined)} />
    </>
  );
}

/** A secret on its one showing. */
export function SecretOnce({ hook, onClose }: { hook?: Webhook; onClose: () => void }) {
  const { t } = useTranslation('hooks');
  return (
    <Modal
      open={!!hook}
      title={hook?.name}
      closable={false}
      mask={{ closable: false }}
      footer={<Button onClick={onClose}>{t('settings:secret.kept')}</Button>}
    >
      {hook?.secret && <Secret value={hook.secret} note={t('secret_note')} />}
    </Modal>
  );
}
