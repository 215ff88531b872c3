import { useMutation } from '@tanstack/react-query';
import { Alert, App, Form, Input, Modal, Radio } from 'antd';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { get, type Page, post, url } from '../api/client';
import { messageOf } from '../api/problem';
import type { Export } from './api';

/** A small file is there in a moment: waits for it a little, and answers how it stands. */
async function written(made: Export): Promise<Export> {
  for (let turn = 0; turn < 12; turn += 1) {
    await new Promise((done) => setTimeout(done, 700));
    const { items } = await get<Page<Export>>('/exports', { limit: 20 });
    const now = items.find((one) => one.id === made.id);
    if (now && now.state !== 'running') return now;
  }
  return made;
}

/** Asks for a file of the customers that a list shows, with what it is for. */
export function ExportDialog({ filters, onClose }: { filters: string; onClose: () => void }) {
  const { t } = useTranslation('privacy');
  const { message } = App.useApp();
  const go = useNavigate();
  const [form] = Form.useForm<{ format: string; reason: string }>();
  const run = useMutation({
    mutationFn: async (values: { format: string; reason: string }) => {
      const made = await post<Export>('/exports', { ...values, filters });
      return made.state === 'running' ? written(made) : made;
    },
    onSuccess: (made) => {
      if (made.state === 'ready') {
        window.location.assign(url(`/exports/${made.id}/file`));
        onClose();
        return;
      }
      void message.success(t(made.state === 'asked' ? 'export.waits' : 'export.runs'));
      void go('/customers/exports');
    },
  });
  return (
    <Modal
      open
      title={t('export.ask')}
      okText={t('export.send')}
      confirmLoading={run.isPending}
      onOk={() => form.submit()}
      onCancel={onClose}
    >
      {run.isError && <Alert type="error" showIcon title={messageOf(run.error)} className="pv-gap" />}
      <p className="quiet">{t('export.ask_note')}</p>
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ format: 'xlsx' }}
        onFinish={(values) => run.mutate(values)}
      >
        <Form.Item name="format" label={t('export.format')}>
          <Radio.Group
            options={[
              { value: 'xlsx', label: 'Excel' },
              { value: 'csv', label: 'CSV' },
            ]}
          />
        </Form.Item>
        <Form.Item
          name="reason"
          label={t('export.reason')}
          rules={[{ required: true, whitespace: true, min: 2, message: t('needed') }]}
        >
          <Input.TextArea rows={3} maxLength={500} placeholder={t('export.reason_hint')} />
        </Form.Item>
      </Form>
    </Modal>
  );
}
