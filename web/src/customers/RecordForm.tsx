import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, DatePicker, Drawer, Form, Grid, Input, Radio } from 'antd';
import dayjs, { type Dayjs } from 'dayjs';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { newKey, post } from '../api/client';
import { messageOf } from '../api/problem';
import type { Customer } from './api';

interface Values {
  channel: string;
  direction: 'inbound' | 'outbound';
  body: string;
  occurred_at?: Dayjs | null;
}

/** The customer's words in under half a minute: two taps and the text; the time is now unless said otherwise. */
export function RecordForm({ open, customer, onClose }: { open: boolean; customer: Customer; onClose: () => void }) {
  const { t } = useTranslation('customers');
  const phone = !Grid.useBreakpoint().md;
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [form] = Form.useForm<Values>();
  // One id per opened form: pressing twice, or a broken line, records once.
  const id = useRef('');
  useEffect(() => {
    if (open) id.current = newKey();
  }, [open]);

  const record = useMutation({
    mutationFn: (values: Values) =>
      post('/activities', {
        customer: { id: customer.id },
        kind: 'interaction',
        source: 'zunke',
        source_id: id.current,
        occurred_at: (values.occurred_at ?? dayjs()).toISOString(),
        channel: values.channel,
        direction: values.direction,
        body: values.body.trim(),
      }),
    onSuccess: () => {
      message.success(t('record.done'));
      localStorage.setItem('zunke.record.channel', form.getFieldValue('channel'));
      form.resetFields();
      void queries.invalidateQueries({ queryKey: ['customer', customer.id] });
      onClose();
    },
  });

  return (
    <Drawer
      open={open}
      onClose={onClose}
      placement={phone ? 'bottom' : 'right'}
      size={phone ? 'auto' : 440}
      title={t('record.title', { name: customer.name })}
      styles={{ body: { paddingTop: 16 }, section: phone ? { maxHeight: '92vh' } : undefined }}
      footer={
        <Button type="primary" size="large" block loading={record.isPending} onClick={() => form.submit()}>
          {t('common:action.save')}
        </Button>
      }
    >
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ channel: localStorage.getItem('zunke.record.channel') ?? 'phone', direction: 'inbound' }}
        onFinish={(values) => record.mutate(values)}
        name="record"
      >
        {record.isError && (
          <Alert type="error" showIcon title={messageOf(record.error)} style={{ marginBottom: 16 }} role="alert" />
        )}
        <Form.Item name="channel" label={t('record.channel')}>
          <Radio.Group
            className="choices"
            optionType="button"
            buttonStyle="solid"
            options={(['phone', 'wechat', 'visit', 'email', 'other'] as const).map((value) => ({
              value,
              label: t(`channel.${value}`),
            }))}
          />
        </Form.Item>
        <Form.Item name="direction" label={t('record.direction')}>
          <Radio.Group
            className="choices"
            optionType="button"
            buttonStyle="solid"
            options={(['inbound', 'outbound'] as const).map((value) => ({ value, label: t(`direction.${value}`) }))}
          />
        </Form.Item>
        <Form.Item
          name="body"
          label={t('record.body')}
          rules={[{ required: true, whitespace: true, message: t('record.body_needed') }]}
        >
          <Input.TextArea
            autoFocus
            autoSize={{ minRows: phone ? 3 : 5, maxRows: 14 }}
            maxLength={20000}
            placeholder={t('record.hint')}
          />
        </Form.Item>
        <Form.Item name="occurred_at" label={t('record.when')}>
          <DatePicker
            showTime={{ format: 'HH:mm' }}
            format="YYYY-MM-DD HH:mm"
            placeholder={t('record.now')}
            style={{ width: '100%' }}
            disabledDate={(day) => day.isAfter(dayjs(), 'day')}
          />
        </Form.Item>
      </Form>
    </Drawer>
  );
}
