import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Form, Grid, Input, Radio, Segmented, Select } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate, useSearchParams } from 'react-router';
import { post } from '../../api/client';
import { messageOf, Problem } from '../../api/problem';
import { useSession } from '../../api/session';
import { PageHeader } from '../../kit/PageHeader';
import { outdated } from './api';
import { CustomerChoice } from './CustomerChoice';
import { KeyHelp } from './KeyHelp';
import { ticketPath } from './parts';
import { type Channel, KINDS, type Kind, PRIORITIES, type Priority } from './types';
import './desk.css';

/** What came by phone, in person or by message and is written down by staff. */
const TAKEN: Channel[] = ['phone', 'staff', 'message', 'email'];

interface Typed {
  customer_id?: string;
  sender?: string;
  phone?: string;
  email?: string;
  kind: Kind;
  priority?: Priority;
  channel: Channel;
  subject?: string;
  body: string;
  product?: string;
}

const STORED = 'zunke.draft.new-ticket';

/** Said beside the fields already. */
const told = (error: unknown) => error instanceof Problem && Object.keys(error.fields).length > 0;

/** Takes down what a customer says: half a minute on a phone, the keyboard at a desk. Nothing typed is lost. */
export default function NewTicketPage() {
  const { t } = useTranslation('desk');
  const { message } = App.useApp();
  const me = useSession().staff.id;
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [params] = useSearchParams();
  const asked = params.get('customer') ?? undefined;
  const phone = !Grid.useBreakpoint().md;
  const [form] = Form.useForm<Typed>();
  const store = `${STORED}.${me}`;
  const [known, setKnown] = useState(true);
  const [more, setMore] = useState(false);
  useEffect(() => {
    try {
      const kept = JSON.parse(localStorage.getItem(store) ?? '{}') as Partial<Typed>;
      if (kept.body || kept.subject) form.setFieldsValue({ ...kept, ...(asked ? { customer_id: asked } : {}) });
      if (kept.sender || kept.phone || kept.email) setKnown(Boolean(asked));
    } catch {
      // Nothing of use was kept.
    }
  }, [store, form, asked]);
  const send = useMutation({
    mutationFn: ({ customer_id, sender, phone: number, email, ...typed }: Typed) =>
      post<{ id: string; number: number; visible: boolean }>('/tickets', {
        ...typed,
        ...(known
          ? { customer_id }
          : { sender: sender || undefined, phone: number || undefined, email: email || undefined }),
        subject: typed.subject ?? '',
        product: typed.product || undefined,
      }),
    onSuccess: ({ id, number, visible }) => {
      localStorage.removeItem(store);
      outdated(queries);
      void message.success(t('new.done', { n: number }));
      navigate(visible ? ticketPath(id) : '/service');
    },
    onError: (error) => {
      if (!(error instanceof Problem)) return;
      const fields = Object.entries(error.fields).map(([name, text]) => ({
        name: name as keyof Typed,
        errors: [text],
      }));
      form.setFields(fields);
    },
  });
  const customer = Form.useWatch('customer_id', form);
  return (
    <div className="new-ticket">
      <PageHeader title={t('new.title')} back={{ to: '/service', label: t('mine.title') }} />
      <Form<Typed>
        form={form}
        layout="vertical"
        className="panel"
        requiredMark={false}
        initialValues={{ kind: 'question', channel: 'phone', customer_id: asked }}
        onValuesChange={(_, all) => localStorage.setItem(store, JSON.stringify(all))}
        onFinish={(typed) => send.mutate(typed)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.submit();
        }}
      >
        <div className="new-who">
          <Segmented
            value={known ? 'known' : 'unknown'}
            aria-label={t('new.whose')}
            onChange={(value) => setKnown(value === 'known')}
            options={[
              { value: 'known', label: t('new.known') },
              { value: 'unknown', label: t('new.unknown') },
            ]}
          />
        </div>
        {known ? (
          <Form.Item
            name="customer_id"
            label={t('field.customer')}
            rules={[{ required: true, message: t('new.customer_missing') }]}
          >
            <CustomerChoice autoFocus={!asked} asked={asked} />
          </Form.Item>
        ) : (
          <div className="new-pair">
            <Form.Item name="sender" label={t('new.sender')}>
              <Input maxLength={100} autoComplete="off" />
            </Form.Item>
            <Form.Item name="phone" label={t('new.phone')}>
              <Input inputMode="tel" maxLength={30} autoComplete="off" />
            </Form.Item>
            <Form.Item name="email" label={t('new.email')}>
              <Input inputMode="email" maxLength={200} autoComplete="off" />
            </Form.Item>
          </div>
        )}
        <Form.Item name="kind" label={t('field.kind')}>
          <Radio.Group
            optionType="button"
            buttonStyle="solid"
            options={KINDS.map((value) => ({ value, label: t(`kind.${value}`) }))}
          />
        </Form.Item>
        <Form.Item
          name="body"
          label={t('new.body')}
          rules={[{ required: true, whitespace: true, message: t('new.body_missing') }]}
        >
          <Input.TextArea
            autoSize={{ minRows: phone ? 4 : 6, maxRows: 20 }}
            maxLength={50_000}
            placeholder={t('new.body_hint')}
          />
        </Form.Item>
        <Form.Item name="channel" label={t('new.channel')}>
          <Radio.Group options={TAKEN.map((value) => ({ value, label: t(`channel.${value}`) }))} />
        </Form.Item>
        {(more || !phone) && (
          <div className="new-pair">
            <Form.Item
              name="subject"
              label={`${t('field.subject')} (${t('common:optional')})`}
              extra={t('new.subject_hint')}
            >
              <Input maxLength={200} />
            </Form.Item>
            <Form.Item name="product" label={`${t('field.product')} (${t('common:optional')})`}>
              <Input maxLength={100} />
            </Form.Item>
            <Form.Item
              name="priority"
              label={`${t('field.priority')} (${t('common:optional')})`}
              extra={t('new.priority_hint')}
            >
              <Select allowClear options={PRIORITIES.map((value) => ({ value, label: t(`priority.${value}`) }))} />
            </Form.Item>
          </div>
        )}
        {send.isError && !told(send.error) && (
          <Alert type="error" showIcon title={messageOf(send.error)} className="dialog-fault" />
        )}
        <div className="new-foot">
          {phone && !more && (
            <Button type="link" onClick={() => setMore(true)}>
              {t('new.more')}
            </Button>
          )}
          <Button
            type="primary"
            htmlType="submit"
            loading={send.isPending}
            size={phone ? 'large' : 'middle'}
            block={phone}
          >
            {t('new.ok')} <KeyHelp>Ctrl ↵</KeyHelp>
          </Button>
        </div>
      </Form>
      {customer === undefined && known && <p className="quiet">{t('new.unknown_note')}</p>}
    </div>
  );
}
