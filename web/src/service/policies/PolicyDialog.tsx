import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Form, Input, InputNumber, Modal, Select, Switch } from 'antd';
import { useTranslation } from 'react-i18next';
import { patch, post } from '../../api/client';
import { messageOf } from '../../api/problem';
import { calendarName, useCalendars } from '../calendars/api';
import { LevelPick } from '../routing/LevelPick';
import {
  KINDS,
  METRICS,
  type Metric,
  MODES,
  type Mode,
  type Policy,
  PRIORITIES,
  ROLES,
  type Role,
  type Unit,
} from './api';

type Scale = 'working_minutes' | 'working_hours' | 'working_days' | 'minutes' | 'hours';
const SCALES: Scale[] = ['working_hours', 'working_minutes', 'working_days', 'hours', 'minutes'];

interface TargetRow {
  metric: Metric;
  amount: number;
  scale: Scale;
  pauses: ('waiting' | 'held')[];
}

interface StepRow {
  when: 'percent' | 'before' | 'due' | 'after';
  number: number;
  metric?: Metric | null;
  to: Role[];
  staff: string[];
}

interface Values {
  name: string;
  active: boolean;
  calendar_id: string;
  whom: 'all' | 'vip' | 'levels';
  rank_from?: number;
  rank_to?: number;
  kinds: string[];
  priorities: string[];
  targets: TargetRow[];
  mode: Mode;
  steps: StepRow[];
}

function targetRow(target: Policy['targets'][number]): TargetRow {
  const whole = target.unit !== 'working_days' && target.amount % 60 === 0;
  const scale: Scale = !whole ? target.unit : target.unit === 'minutes' ? 'hours' : 'working_hours';
  return { metric: target.metric, amount: whole ? target.amount / 60 : target.amount, scale, pauses: target.pauses };
}

function stepRow(step: Policy['steps'][number]): StepRow {
  const rest = { metric: step.metric ?? undefined, to: step.to, staff: step.staff };
  if ('percent' in step.at) return { when: 'percent', number: step.at.percent, ...rest };
  const minutes = step.at.minutes;
  return { when: minutes < 0 ? 'before' : minutes > 0 ? 'after' : 'due', number: Math.abs(minutes), ...rest };
}

function bodyOf(values: Values) {
  const hours = (scale: Scale) => scale === 'hours' || scale === 'working_hours';
  const unit = (scale: Scale): Unit =>
    scale === 'hours' ? 'minutes' : scale === 'working_hours' ? 'working_minutes' : scale;
  return {
    name: values.name.trim(),
    active: values.active,
    calendar_id: values.calendar_id,
    vip: values.whom === 'vip',
    rank_from: values.whom === 'levels' ? (values.rank_from ?? null) : null,
    rank_to: values.whom === 'levels' ? (values.rank_to ?? null) : null,
    kinds: values.kinds ?? [],
    priorities: values.priorities ?? [],
    mode: values.mode,
    targets: (values.targets ?? []).map((row) => ({
      metric: row.metric,
      amount: hours(row.scale) ? Math.round(row.amount * 60) : row.amount,
      unit: unit(row.scale),
      pauses: row.pauses ?? [],
    })),
    steps: (values.steps ?? []).map((row) => ({
      metric: row.metric ?? null,
      at:
        row.when === 'percent'
          ? { percent: row.number }
          : { minutes: row.when === 'due' ? 0 : row.when === 'before' ? -row.number : row.number },
      to: row.to ?? [],
      staff: row.staff ?? [],
    })),
  };
}

/** Makes a policy or changes one, without code. */
export function PolicyDialog({ policy, onClose }: { policy?: Policy; onClose: () => void }) {
  const { t } = useTranslation('policies');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const calendars = useCalendars();
  const [form] = Form.useForm<Values>();
  const whom = Form.useWatch('whom', form);
  const save = useMutation({
    mutationFn: (values: Values) =>
      policy
        ? patch(`/service-policies/${policy.id}`, bodyOf(values), { version: policy.version })
        : post('/service-policies', bodyOf(values)),
    onSuccess: () => {
      void message.success(t('common:saved'));
      void queries.invalidateQueries({ queryKey: ['service', 'policies'] });
      onClose();
    },
  });
  if (!calendars.data) return null;
  const levels = policy?.rank_from != null || policy?.rank_to != null;
  return (
    <Modal
      open
      width={780}
      title={policy ? t('edit', { name: policy.name }) : t('new')}
      okText={t('common:action.save')}
      cancelText={t('common:action.cancel')}
      confirmLoading={save.isPending}
      onOk={() => form.submit()}
      onCancel={onClose}
    >
      {save.isError && <Alert type="error" showIcon title={messageOf(save.error)} className="policies-alert" />}
      <Form<Values>
        form={form}
        layout="vertical"
        onFinish={(values) => save.mutate(values)}
        initialValues={{
          name: policy?.name ?? '',
          active: policy?.active ?? true,
          calendar_id: policy?.calendar_id ?? calendars.data.items[0]?.id,
          whom: policy?.vip ? 'vip' : levels ? 'levels' : 'all',
          rank_from: policy?.rank_from ?? undefined,
          rank_to: policy?.rank_to ?? undefined,
          kinds: policy?.kinds ?? [],
          priorities: policy?.priorities ?? [],
          mode: policy?.mode ?? 'tighten',
          targets: policy?.targets.map(targetRow) ?? [
            { metric: 'first_response', amount: 2, scale: 'working_hours', pauses: [] },
            { metric: 'resolution', amount: 24, scale: 'hours', pauses: ['waiting'] },
          ],
          steps: policy?.steps.map(stepRow) ?? [
            { when: 'percent', number: 80, to: ['assignee'], staff: [] },
            { when: 'due', number: 0, to: ['assignee', 'supervisor'], staff: [] },
          ],
        }}
      >
        <div className="policies-pair">
          <Form.Item
            name="name"
            label={t('name')}
            rules={[{ required: true, whitespace: true, message: t('name_needed') }]}
          >
            <Input maxLength={60} />
          </Form.Item>
          <Form.Item
            name="calendar_id"
            label={t('calendar')}
            rules={[{ required: true, message: t('calendar_needed') }]}
          >
            <Select
              options={calendars.data.items.map((one) => ({ value: one.id, label: calendarName(one.spec.name) }))}
            />
          </Form.Item>
          <Form.Item name="active" label={t('active')} valuePropName="checked">
            <Switch />
          </Form.Item>
        </div>
        <div className="policies-pair">
          <Form.Item name="whom" label={t('whom.label')}>
            <Select
              options={[
                { value: 'all', label: t('whom.everybody') },
                { value: 'vip', label: t('whom.vip') },
                { value: 'levels', label: t('whom.levels') },
              ]}
            />
          </Form.Item>
          {whom === 'levels' && (
            <>
              <Form.Item name="rank_from" label={t('whom.lowest')}>
                <LevelPick />
              </Form.Item>
              <Form.Item name="rank_to" label={t('whom.highest')}>
                <LevelPick />
              </Form.Item>
            </>
          )}
          <Form.Item name="kinds" label={t('kinds')}>
            <Select
              mode="multiple"
              placeholder={t('any')}
              options={KINDS.map((value) => ({ value, label: t(`desk:kind.${value}`) }))}
            />
          </Form.Item>
          <Form.Item name="priorities" label={t('priorities')}>
            <Select
              mode="multiple"
              placeholder={t('any')}
              options={PRIORITIES.map((value) => ({ value, label: t(`desk:priority.${value}`) }))}
            />
          </Form.Item>
        </div>
        <h3>{t('targets')}</h3>
        <Form.List name="targets">
          {(fields, { add, remove }) => (
            <>
              {fields.map(({ key, name }) => (
                <div key={key} className="policies-row">
                  <Form.Item name={[name, 'metric']}>
                    <Select
                      aria-label={t('metric.label')}
                      options={METRICS.map((value) => ({ value, label: t(`metric.${value}`) }))}
                    />
                  </Form.Item>
                  <Form.Item name={[name, 'amount']} rules={[{ required: true, message: t('amount_needed') }]}>
                    <InputNumber aria-label={t('amount')} min={1} precision={0} />
                  </Form.Item>
                  <Form.Item name={[name, 'scale']}>
                    <Select
                      aria-label={t('unit')}
                      options={SCALES.map((value) => ({ value, label: t(`scale.${value}`) }))}
                    />
                  </Form.Item>
                  <Form.Item name={[name, 'pauses']}>
                    <Select
                      mode="multiple"
                      aria-label={t('pauses')}
                      placeholder={t('pauses_none')}
                      options={(['waiting', 'held'] as const).map((value) => ({ value, label: t(`pause.${value}`) }))}
                    />
                  </Form.Item>
                  <Button
                    type="text"
                    icon={<DeleteOutlined />}
                    aria-label={t('common:action.delete')}
                    onClick={() => remove(name)}
                  />
                </div>
              ))}
              <Button
                icon={<PlusOutlined />}
                onClick={() => add({ metric: 'next_response', amount: 4, scale: 'working_hours', pauses: [] })}
              >
                {t('target_add')}
              </Button>
            </>
          )}
        </Form.List>
        <Form.Item name="mode" label={t('mode.label')} className="policies-mode">
          <Select options={MODES.map((value) => ({ value, label: t(`mode.${value}`) }))} />
        </Form.Item>
        <h3>{t('steps')}</h3>
        <Form.List name="steps">
          {(fields, { add, remove }) => (
            <>
              {fields.map(({ key, name }) => (
                <div key={key} className="policies-row">
                  <Form.Item name={[name, 'when']}>
                    <Select
                      aria-label={t('when.label')}
                      options={(['percent', 'before', 'due', 'after'] as const).map((value) => ({
                        value,
                        label: t(`when.${value}`),
                      }))}
                    />
                  </Form.Item>
                  <Form.Item shouldUpdate noStyle>
                    {() =>
                      form.getFieldValue(['steps', name, 'when']) !== 'due' && (
                        <Form.Item name={[name, 'number']} rules={[{ required: true, message: t('amount_needed') }]}>
                          <InputNumber
                            aria-label={t('amount')}
                            min={1}
                            precision={0}
                            suffix={
                              form.getFieldValue(['steps', name, 'when']) === 'percent'
                                ? '%'
                                : t('length.minutes_short')
                            }
                          />
                        </Form.Item>
                      )
                    }
                  </Form.Item>
                  <Form.Item name={[name, 'metric']}>
                    <Select
                      allowClear
                      aria-label={t('metric.label')}
                      placeholder={t('metric.every')}
                      options={METRICS.map((value) => ({ value, label: t(`metric.${value}`) }))}
                    />
                  </Form.Item>
                  <Form.Item name={[name, 'to']} rules={[{ required: true, message: t('to_needed') }]}>
                    <Select
                      mode="multiple"
                      aria-label={t('to')}
                      placeholder={t('to')}
                      options={ROLES.map((value) => ({ value, label: t(`role.${value}`) }))}
                    />
                  </Form.Item>
                  <Button
                    type="text"
                    icon={<DeleteOutlined />}
                    aria-label={t('common:action.delete')}
                    onClick={() => remove(name)}
                  />
                </div>
              ))}
              <Button
                icon={<PlusOutlined />}
                onClick={() => add({ when: 'after', number: 60, to: ['supervisor'], staff: [] })}
              >
                {t('step_add')}
              </Button>
            </>
          )}
        </Form.List>
      </Form>
    </Modal>
  );
}
