import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Form, InputNumber, Modal, Select, Switch } from 'antd';
import { useTranslation } from 'react-i18next';
import { get, type Page, put } from '../../api/client';
import { messageOf } from '../../api/problem';
import { said } from '../../i18n';
import type { Managers, Settings, Words } from './api';

interface Values {
  cap: number;
  vip_from?: number | null;
  weights: Record<string, number | null>;
  automatic: boolean;
  industry_field?: string | null;
  language_field?: string | null;
}

interface Field {
  key: string;
  name: Words;
  archived?: boolean;
}

/** How managers are given customers. */
export function SettingsDialog({
  settings,
  levels,
  onClose,
}: {
  settings: Settings;
  levels: Managers['levels'];
  onClose: () => void;
}) {
  const { t } = useTranslation('managers');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [form] = Form.useForm<Values>();
  const fields = useQuery({
    queryKey: ['customer-fields'],
    queryFn: ({ signal }) => get<Page<Field>>('/customer-fields', undefined, signal),
    retry: false,
  });
  const save = useMutation({
    mutationFn: (values: Values) => {
      const weights = Object.entries(values.weights ?? {}).filter(([, weight]) => typeof weight === 'number');
      const body = {
        cap: values.cap,
        vip_from: values.vip_from ?? null,
        weights: Object.fromEntries(weights),
        automatic: values.automatic,
        industry_field: values.industry_field ?? null,
        language_field: values.language_field ?? null,
      };
      return put('/managers/settings', body, { version: settings.version });
    },
    onSuccess: () => {
      void message.success(t('common:saved'));
      void queries.invalidateQueries({ queryKey: ['service', 'managers'] });
      onClose();
    },
  });
  const keys = (fields.data?.items ?? [])
    .filter((field) => !field.archived)
    .map((field) => ({ value: field.key, label: said(field.name) || field.key }));
  return (
    <Modal
      open
      title={t('settings.title')}
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
          ...settings,
          vip_from: settings.vip_from ?? undefined,
          industry_field: settings.industry_field ?? undefined,
          language_field: settings.language_field ?? undefined,
        }}
      >
        <Form.Item name="cap" label={t('settings.cap')} extra={t('settings.cap_note')} rules={[{ required: true }]}>
          <InputNumber min={1} max={100000} />
        </Form.Item>
        <Form.Item name="vip_from" label={t('settings.vip_from')}>
          <Select
            allowClear
            placeholder={t('settings.vip_usual')}
            options={levels.map((level) => ({ value: level.rank, label: said(level.name) }))}
          />
        </Form.Item>
        <Form.Item label={t('settings.weights')} extra={t('settings.weights_note')}>
          <div className="mg-weights">
            {levels.map((level) => (
              <Form.Item
                key={level.rank}
                name={['weights', String(level.rank)]}
                label={said(level.name)}
                noStyle={false}
              >
                <InputNumber min={0} max={100} step={0.5} />
              </Form.Item>
            ))}
          </div>
        </Form.Item>
        <Form.Item
          name="automatic"
          label={t('settings.automatic')}
          extra={t('settings.automatic_note')}
          valuePropName="checked"
        >
          <Switch />
        </Form.Item>
        <Form.Item name="industry_field" label={t('settings.industry')} extra={t('settings.field_note')}>
          <Select allowClear placeholder={t('settings.no_field')} options={keys} />
        </Form.Item>
        <Form.Item name="language_field" label={t('settings.language')}>
          <Select allowClear placeholder={t('settings.no_field')} options={keys} />
        </Form.Item>
      </Form>
    </Modal>
  );
}
