import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Form, Input, InputNumber, Modal, Select, Skeleton } from 'antd';
import { useTranslation } from 'react-i18next';
import { get, post } from '../api/client';
import { messageOf } from '../api/problem';
import { said } from '../i18n';
import { ErrorView } from '../kit/ErrorView';
import { count } from '../kit/format';
import { Money } from '../kit/texts';
import { KINDS, type Kind, type Preview, REQUEST_CHANNELS, type Request } from './api';

export type Deed = 'extend' | 'refuse' | 'withdraw';

function useDone(customer: string, onClose: () => void) {
  const { t } = useTranslation('privacy');
  const { message } = App.useApp();
  const queries = useQueryClient();
  return () => {
    void queries.invalidateQueries({ queryKey: ['privacy'] });
    void queries.invalidateQueries({ queryKey: ['list', '/privacy/requests'] });
    void queries.invalidateQueries({ queryKey: ['customer', customer] });
    void message.success(t('common:saved'));
    onClose();
  };
}

/** Does what was asked. An erasure shows first what it will do, and wants the name typed. */
export function CarryOutDialog({ request, onClose }: { request: Request; onClose: () => void }) {
  const { t } = useTranslation('privacy');
  const [form] = Form.useForm<{ identity_check: string; answer?: string; confirm_name?: string }>();
  const done = useDone(request.customer_id, onClose);
  const erasing = request.kind === 'erasure';
  const preview = useQuery({
    queryKey: ['privacy', 'preview', request.id],
    queryFn: ({ signal }) => get<Preview>(`/privacy/requests/${request.id}/preview`, undefined, signal),
    enabled: erasing,
  });
  const run = useMutation({
    mutationFn: (values: object) => post(`/privacy/requests/${request.id}/carry-out`, values),
    onSuccess: done,
  });
  const held = (preview.data?.pending.length ?? 0) > 0;
  return (
    <Modal
      open
      title={t(`do.${request.kind}`)}
      okText={t(`do.${request.kind}`)}
      okButtonProps={{ danger: erasing, disabled: erasing && (held || !preview.data) }}
      confirmLoading={run.isPending}
      onOk={() => form.submit()}
      onCancel={onClose}
    >
      {run.isError && <Alert type="error" showIcon title={messageOf(run.error)} className="pv-gap" />}
      {preview.isError && <ErrorView error={preview.error} onRetry={() => preview.refetch()} />}
      {erasing && preview.isPending && <Skeleton active />}
      {preview.data && (
        <>
          {preview.data.pending.map((one) => (
            <Alert key={one.en} type="warning" showIcon title={said(one)} className="pv-gap" />
          ))}
          <p>{t('erase.gone')}</p>
          <ul className="pv-parts">
            {preview.data.parts.map((part) => (
              <li key={part.title.en}>
                <span>{said(part.title)}</span>
                <span className="number">{count(part.rows)}</span>
              </li>
            ))}
          </ul>
          <p>
            {t('erase.kept', { n: count(preview.data.orders) })} <Money value={preview.data.net_spend} />
          </p>
          <Alert type="error" showIcon title={t('erase.final')} className="pv-gap" />
        </>
      )}
      <Form form={form} layout="vertical" requiredMark={false} onFinish={(values) => run.mutate(values)}>
        <Form.Item
          name="identity_check"
          label={t('identity_check')}
          extra={t('identity_check_note')}
          rules={[{ required: true, whitespace: true, message: t('needed') }]}
        >
          <Input maxLength={500} placeholder={t('identity_check_hint')} />
        </Form.Item>
        {!erasing && (
          <Form.Item
            name="answer"
            label={t(request.kind === 'correction' ? 'corrected' : 'answer')}
            rules={
              request.kind === 'correction' ? [{ required: true, whitespace: true, message: t('needed') }] : undefined
            }
          >
            <Input.TextArea rows={3} maxLength={2000} />
          </Form.Item>
        )}
        {erasing && (
          <Form.Item
            name="confirm_name"
            label={t('erase.confirm', { name: request.customer_name })}
            rules={[
              {
                validator: (_, value?: string) =>
                  value?.trim() === request.customer_name
                    ? Promise.resolve()
                    : Promise.reject(new Error(t('erase.differs'))),
              },
            ]}
          >
            <Input autoComplete="off" />
          </Form.Item>
        )}
      </Form>
    </Modal>
  );
}

/** Puts off, refuses, or notes that it was taken back: each with a reason. */
export function ReasonDialog({ request, deed, onClose }: { request: Request; deed: Deed; onClose: () => void }) {
  const { t } = useTranslation('privacy');
  const [form] = Form.useForm<{ reason: string; days?: number }>();
  const done = useDone(request.customer_id, onClose);
  const run = useMutation({
    mutationFn: (values: object) =>
      post(`/privacy/requests/${request.id}/${deed}`, values, { version: request.version }),
    onSuccess: done,
  });
  return (
    <Modal
      open
      title={t(`deed.${deed}`)}
      okText={t(`deed.${deed}`)}
      confirmLoading={run.isPending}
      onOk={() => form.submit()}
      onCancel={onClose}
    >
      {run.isError && <Alert type="error" showIcon title={messageOf(run.error)} className="pv-gap" />}
      <p className="quiet">{t(`deed.${deed}_note`)}</p>
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={deed === 'extend' ? { days: 15 } : undefined}
        onFinish={(values) => run.mutate(values)}
      >
        {deed === 'extend' && (
          <Form.Item name="days" label={t('deed.days')} rules={[{ required: true, message: t('needed') }]}>
            <InputNumber min={1} max={60} precision={0} />
          </Form.Item>
        )}
        <Form.Item
          name="reason"
          label={t('reason')}
          rules={[{ required: true, whitespace: true, message: t('needed') }]}
        >
          <Input.TextArea rows={3} maxLength={2000} />
        </Form.Item>
      </Form>
    </Modal>
  );
}

/** Writes down what a customer asks for. */
export function NewRequestDialog({ customerId, onClose }: { customerId: string; onClose: () => void }) {
  const { t } = useTranslation('privacy');
  const [form] = Form.useForm<{ kind: Kind; channel: string; words?: string }>();
  const done = useDone(customerId, onClose);
  const kind = Form.useWatch('kind', form);
  const run = useMutation({
    mutationFn: (values: object) => post(`/customers/${customerId}/privacy-requests`, values),
    onSuccess: done,
  });
  return (
    <Modal
      open
      title={t('new')}
      okText={t('new')}
      confirmLoading={run.isPending}
      onOk={() => form.submit()}
      onCancel={onClose}
    >
      {run.isError && <Alert type="error" showIcon title={messageOf(run.error)} className="pv-gap" />}
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ kind: 'access', channel: 'phone' }}
        onFinish={(values) => run.mutate(values)}
      >
        <Form.Item name="kind" label={t('column.kind')} extra={kind && t(`what.${kind}`)}>
          <Select options={KINDS.map((value) => ({ value, label: t(`kind.${value}`) }))} />
        </Form.Item>
        <Form.Item name="channel" label={t('way_in')}>
          <Select options={REQUEST_CHANNELS.map((value) => ({ value, label: t(`way.${value}`) }))} />
        </Form.Item>
        <Form.Item name="words" label={t('words')}>
          <Input.TextArea rows={3} maxLength={2000} placeholder={t('words_hint')} />
        </Form.Item>
      </Form>
    </Modal>
  );
}
