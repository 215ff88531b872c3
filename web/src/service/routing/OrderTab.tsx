import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Form, Input, InputNumber, Select, Skeleton } from 'antd';
import { useTranslation } from 'react-i18next';
import { put } from '../../api/client';
import { messageOf } from '../../api/problem';
import { useCan } from '../../api/session';
import { ErrorView } from '../../kit/ErrorView';
import { type Settings, useSettings } from './api';
import { LevelsPick } from './LevelPick';

const KINDS = ['complaint', 'suggestion', 'question', 'praise'] as const;
const CHANNELS = ['form', 'member_page', 'email', 'phone', 'message', 'survey', 'staff', 'api'] as const;
const NUMBERS = [
  ['level_minutes', 1440, 'minutes'],
  ['priority_minutes', 10080, 'minutes'],
  ['guard_percent', 90, 'percent'],
  ['guard_minutes_max', 1440, 'minutes'],
  ['guard_share', 100, 'percent'],
  ['urgent_per_day', 100, 'times'],
] as const;

/** How the queue is ordered, and which skills tickets ask for. */
export default function OrderTab() {
  const settings = useSettings();
  if (settings.isError) return <ErrorView error={settings.error} onRetry={() => settings.refetch()} />;
  if (!settings.data) return <Skeleton active />;
  return <Edit key={settings.data.version} stored={settings.data} />;
}

function Edit({ stored }: { stored: Settings }) {
  const { t } = useTranslation('routing');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const may = useCan()('manage_service');
  const save = useMutation({
    mutationFn: (values: Omit<Settings, 'version'>) => {
      const needs = (values.needs ?? []).map((need) => ({
        kinds: need.kinds ?? [],
        channels: need.channels ?? [],
        products: need.products ?? [],
        levels: need.levels ?? [],
        skill: need.skill,
      }));
      return put<Settings>('/service/routing', { ...values, needs }, { version: stored.version });
    },
    onSuccess: (saved) => {
      void message.success(t('order.saved'));
      queries.setQueryData(['service', 'routing-settings'], saved);
    },
  });
  return (
    <section className="panel">
      <p>{t('order.rule')}</p>
      {save.isError && <Alert type="error" showIcon title={messageOf(save.error)} className="routing-alert" />}
      <Form<Omit<Settings, 'version'>>
        layout="vertical"
        disabled={!may}
        initialValues={stored}
        onFinish={(values) => save.mutate(values)}
      >
        <div className="routing-grid">
          {NUMBERS.map(([name, max, unit]) => (
            <Form.Item
              key={name}
              name={['order', name]}
              label={t(`order.${name}`)}
              extra={t(`order.${name}_note`)}
              rules={[{ required: true, message: t('number_needed') }]}
            >
              <InputNumber min={0} max={max} precision={0} suffix={t(unit)} />
            </Form.Item>
          ))}
          <Form.Item
            name="capacity"
            label={t('order.capacity')}
            extra={t('order.capacity_note')}
            rules={[{ required: true, message: t('number_needed') }]}
          >
            <InputNumber min={1} max={1000} precision={0} suffix={t('tickets')} />
          </Form.Item>
          <Form.Item
            name="relax_minutes"
            label={t('order.relax')}
            extra={t('order.relax_note')}
            rules={[{ required: true, message: t('number_needed') }]}
          >
            <InputNumber min={0} max={1440} precision={0} suffix={t('minutes')} />
          </Form.Item>
        </div>
        <h2>{t('need.title')}</h2>
        <p className="quiet">{t('need.note')}</p>
        <Form.List name="needs">
          {(fields, { add, remove }) => (
            <>
              {fields.map(({ key, name }) => (
                <div key={key} className="routing-need">
                  <Form.Item name={[name, 'kinds']} label={t('need.kinds')}>
                    <Select
                      mode="multiple"
                      placeholder={t('need.any')}
                      options={KINDS.map((value) => ({ value, label: t(`desk:kind.${value}`) }))}
                    />
                  </Form.Item>
                  <Form.Item name={[name, 'channels']} label={t('need.channels')}>
                    <Select
                      mode="multiple"
                      placeholder={t('need.any')}
                      options={CHANNELS.map((value) => ({ value, label: t(`desk:channel.${value}`) }))}
                    />
                  </Form.Item>
                  <Form.Item name={[name, 'products']} label={t('need.products')}>
                    <Select mode="tags" placeholder={t('need.any')} open={false} suffixIcon={null} />
                  </Form.Item>
                  <Form.Item name={[name, 'levels']} label={t('need.levels')}>
                    <LevelsPick />
                  </Form.Item>
                  <Form.Item
                    name={[name, 'skill']}
                    label={t('need.skill')}
                    rules={[{ required: true, whitespace: true, message: t('need.skill_needed') }]}
                  >
                    <Input maxLength={40} />
                  </Form.Item>
                  {may && (
                    <Button
                      className="routing-need-remove"
                      type="text"
                      icon={<DeleteOutlined />}
                      aria-label={t('need.remove')}
                      onClick={() => remove(name)}
                    />
                  )}
                </div>
              ))}
              {may && (
                <Button
                  icon={<PlusOutlined />}
                  onClick={() => add({ kinds: [], channels: [], products: [], levels: null })}
                >
                  {t('need.add')}
                </Button>
              )}
            </>
          )}
        </Form.List>
        {may && (
          <div className="routing-actions">
            <Button type="primary" htmlType="submit" loading={save.isPending}>
              {t('common:action.save')}
            </Button>
          </div>
        )}
      </Form>
    </section>
  );
}
