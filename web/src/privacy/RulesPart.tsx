import { useQuery } from '@tanstack/react-query';
import { Alert, Button, Checkbox, Form, InputNumber, Select, Skeleton } from 'antd';
import { useTranslation } from 'react-i18next';
import { get } from '../api/client';
import { messageOf } from '../api/problem';
import { ErrorView } from '../kit/ErrorView';
import { KINDS, type Settings } from './api';
import { useSettings } from './useSettings';

interface Values {
  days: Record<string, number>;
  unit: Record<string, 'working' | 'plain'>;
  calendar_id?: string;
  above: number;
  export_days: number;
  reveal_needs_reason: boolean;
}

/** How long requests may take, and which exports need a second person. */
export function RulesPart() {
  const { t } = useTranslation('privacy');
  const { stored, save } = useSettings();
  const [form] = Form.useForm<Values>();
  const calendars = useQuery({
    queryKey: ['calendars'],
    queryFn: ({ signal }) => get<{ items: { id: string; spec: { name: string } }[] }>('/calendars', undefined, signal),
  });
  if (stored.isError) return <ErrorView error={stored.error} onRetry={() => stored.refetch()} />;
  if (!stored.data) return <Skeleton active />;
  const now = stored.data;
  const clock = (kind: string) => now.clocks.find((one) => one.kind === kind) ?? { days: 15, working: true };
  const send = (values: Values) => {
    const next: Settings = {
      ...now,
      clocks: KINDS.map((kind) => ({
        kind,
        days: values.days[kind] ?? 15,
        working: values.unit[kind] === 'working',
      })),
      calendar_id: values.calendar_id ?? null,
      export_approval_above: values.above,
      export_days: values.export_days,
      reveal_needs_reason: values.reveal_needs_reason,
    };
    save.mutate(next);
  };
  const needed = [{ required: true, message: t('needed') }];
  return (
    <section className="panel">
      {save.isError && <Alert type="error" showIcon title={messageOf(save.error)} className="pv-gap" />}
      <Form<Values>
        form={form}
        layout="vertical"
        requiredMark={false}
        key={now.version}
        initialValues={{
          days: Object.fromEntries(KINDS.map((kind) => [kind, clock(kind).days])),
          unit: Object.fromEntries(KINDS.map((kind) => [kind, clock(kind).working ? 'working' : 'plain'])),
          calendar_id: now.calendar_id ?? undefined,
          above: now.export_approval_above,
          export_days: now.export_days,
          reveal_needs_reason: now.reveal_needs_reason,
        }}
        onFinish={send}
      >
        <h2>{t('rules.clocks')}</h2>
        <p className="quiet">{t('rules.clocks_note')}</p>
        <div className="pv-clocks">
          {KINDS.map((kind) => (
            <div key={kind}>
              <Form.Item name={['days', kind]} label={t(`kind.${kind}`)} rules={needed}>
                <InputNumber min={1} max={365} precision={0} />
              </Form.Item>
              <Form.Item name={['unit', kind]} label=" ">
                <Select
                  aria-label={t('rules.unit', { kind: t(`kind.${kind}`) })}
                  options={[
                    { value: 'working', label: t('rules.working') },
                    { value: 'plain', label: t('rules.plain') },
                  ]}
                />
              </Form.Item>
            </div>
          ))}
        </div>
        <Form.Item name="calendar_id" label={t('rules.calendar')} className="pv-narrow">
          <Select
            allowClear
            placeholder={t('rules.calendar_first')}
            options={calendars.data?.items.map((one) => ({ value: one.id, label: one.spec.name }))}
          />
        </Form.Item>
        <h2>{t('rules.exports')}</h2>
        <Form.Item name="above" label={t('rules.above')} extra={t('rules.above_note')} rules={needed}>
          <InputNumber min={0} max={100_000_000} precision={0} style={{ width: 160 }} />
        </Form.Item>
        <Form.Item name="export_days" label={t('rules.export_days')} rules={needed}>
          <InputNumber min={1} max={90} precision={0} />
        </Form.Item>
        <h2>{t('rules.reveal')}</h2>
        <Form.Item name="reveal_needs_reason" valuePropName="checked" extra={t('rules.reveal_note')}>
          <Checkbox>{t('rules.reveal_needs_reason')}</Checkbox>
        </Form.Item>
        <Button type="primary" htmlType="submit" loading={save.isPending}>
          {t('common:action.save')}
        </Button>
      </Form>
    </section>
  );
}
