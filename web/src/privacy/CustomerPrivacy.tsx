import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Form, Input, Modal, Select, Skeleton, Tag } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { post } from '../api/client';
import { messageOf } from '../api/problem';
import { useCan } from '../api/session';
import { said } from '../i18n';
import { ErrorView } from '../kit/ErrorView';
import { DayText } from '../kit/texts';
import { CHANNELS, called, PURPOSES, SOURCES, type Standing, useConsents, useRequests, useTexts } from './api';
import { LevelDecisions } from './LevelDecisions';
import { NewRequestDialog } from './RequestDialogs';
import { DueText, StateTag } from './RequestsPart';
import './privacy.css';

/** On a customer's page: what he agreed to, what he asked for, and how his level came about. */
export default function CustomerPrivacy({ customerId }: { customerId: string }) {
  const { t } = useTranslation('privacy');
  const can = useCan();
  const consents = useConsents(customerId);
  const requests = useRequests(customerId);
  const [saying, say] = useState(false);
  const [asking, ask] = useState(false);
  if (consents.isError) return <ErrorView error={consents.error} onRetry={() => consents.refetch()} />;
  if (!consents.data) return <Skeleton active />;
  const { now, events, standing } = consents.data;
  const may = can('edit_customers') && standing?.state !== 'erased';
  const purposes = PURPOSES.filter((purpose) => now.some((one) => one.purpose === purpose));
  return (
    <div className="pv">
      {standing && <StandingNote customerId={customerId} standing={standing} />}
      <section>
        <div className="pv-head">
          <h3>{t('consents')}</h3>
          {may && (
            <Button size="small" onClick={() => say(true)}>
              {t('consent.new')}
            </Button>
          )}
        </div>
        {purposes.length === 0 && <p className="quiet">{t('consent.none')}</p>}
        <ul className="pv-consents">
          {purposes.map((purpose) => (
            <li key={purpose}>
              <b>{t(`purpose.${purpose}`)}</b>
              <div>
                {now
                  .filter((one) => one.purpose === purpose)
                  .map((one) => (
                    <Tag
                      key={one.channel}
                      color={one.state === 'given' ? 'success' : 'error'}
                      title={`${t(`source.${one.source}`)}${one.text_number ? ` · ${t('texts.version', { n: one.text_number })}` : ''}`}
                    >
                      {t(`channel.${one.channel}`)} {t(`said.${one.state}`)} · <DayText value={one.since} />
                    </Tag>
                  ))}
              </div>
            </li>
          ))}
        </ul>
        {events.length > 0 && (
          <details>
            <summary>{t('consent.history', { n: events.length })}</summary>
            <ul className="pv-events">
              {events.map((one) => (
                <li key={one.id}>
                  <DayText value={one.said_at} />
                  <span>
                    {t(`purpose.${one.purpose}`)} · {t(`channel.${one.channel}`)} · {t(`said.${one.state}`)}
                  </span>
                  <span className="quiet">
                    {t(`source.${one.source}`)}
                    {one.text_number ? ` · ${t('texts.version', { n: one.text_number })}` : ''}
                    {one.note ? ` · ${one.note}` : ''}
                  </span>
                </li>
              ))}
            </ul>
          </details>
        )}
      </section>
      <section>
        <div className="pv-head">
          <h3>{t('requests')}</h3>
          {may && (
            <Button size="small" onClick={() => ask(true)}>
              {t('new')}
            </Button>
          )}
        </div>
        {requests.isError && <ErrorView error={requests.error} onRetry={() => requests.refetch()} />}
        {requests.data?.length === 0 && <p className="quiet">{t('no_requests')}</p>}
        <ul className="pv-events">
          {requests.data?.map((one) => (
            <li key={one.id}>
              {can('manage_privacy') ? (
                <Link to={`/settings/privacy/requests?show=all&request=${one.id}`}>{called(one.number)}</Link>
              ) : (
                <span>{called(one.number)}</span>
              )}
              <span>{t(`kind.${one.kind}`)}</span>
              <span className="quiet">
                <StateTag request={one} /> {t('column.due')} <DueText request={one} />
              </span>
            </li>
          ))}
        </ul>
      </section>
      {can('read_tiering') && <LevelDecisions customerId={customerId} may={may} />}
      {saying && <ConsentDialog customerId={customerId} onClose={() => say(false)} />}
      {asking && <NewRequestDialog customerId={customerId} onClose={() => ask(false)} />}
    </div>
  );
}

function StandingNote({ customerId, standing }: { customerId: string; standing: Standing }) {
  const { t } = useTranslation('privacy');
  const can = useCan();
  const queries = useQueryClient();
  const { message } = App.useApp();
  const [deed, setDeed] = useState<'lift' | 'readmit'>();
  const [form] = Form.useForm<{ reason: string }>();
  const run = useMutation({
    mutationFn: (values: { reason: string }) =>
      post(`/customers/${customerId}/${deed === 'lift' ? 'restriction/lift' : 'readmission'}`, values),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['privacy'] });
      void message.success(t('common:saved'));
      setDeed(undefined);
    },
  });
  const own = standing.state === 'restricted' ? 'lift' : 'readmit';
  return (
    <>
      <Alert
        type="warning"
        showIcon
        className="pv-gap"
        title={t(`standing.${standing.state}`)}
        description={
          <>
            <DayText value={standing.since} />
            {standing.reason && ` · ${standing.reason}`}
          </>
        }
        action={
          can('manage_privacy') && (
            <Button size="small" onClick={() => setDeed(own)}>
              {t(`standing.${own}`)}
            </Button>
          )
        }
      />
      <Modal
        open={!!deed}
        title={deed && t(`standing.${deed}`)}
        confirmLoading={run.isPending}
        onOk={() => form.submit()}
        onCancel={() => setDeed(undefined)}
      >
        {run.isError && <Alert type="error" showIcon title={messageOf(run.error)} className="pv-gap" />}
        <p className="quiet">{t(`standing.${own}_note`)}</p>
        <Form form={form} layout="vertical" requiredMark={false} onFinish={(values) => run.mutate(values)}>
          <Form.Item
            name="reason"
            label={t('reason')}
            rules={[{ required: true, whitespace: true, message: t('needed') }]}
          >
            <Input.TextArea rows={3} maxLength={500} />
          </Form.Item>
        </Form>
      </Modal>
    </>
  );
}

interface Said {
  purpose: (typeof PURPOSES)[number];
  channels: string[];
  state: 'given' | 'withdrawn';
  source: string;
  note?: string;
}

function ConsentDialog({ customerId, onClose }: { customerId: string; onClose: () => void }) {
  const { t } = useTranslation('privacy');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [form] = Form.useForm<Said>();
  const purpose = Form.useWatch('purpose', form);
  const texts = useTexts();
  const text = texts.data?.find((one) => one.purpose === purpose);
  const run = useMutation({
    mutationFn: (values: Said) => post(`/customers/${customerId}/consents`, values),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['privacy', 'consents', customerId] });
      void message.success(t('common:saved'));
      onClose();
    },
  });
  return (
    <Modal
      open
      title={t('consent.new')}
      okText={t('common:action.save')}
      confirmLoading={run.isPending}
      onOk={() => form.submit()}
      onCancel={onClose}
    >
      {run.isError && <Alert type="error" showIcon title={messageOf(run.error)} className="pv-gap" />}
      <Form<Said>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ purpose: 'marketing', channels: ['any'], state: 'given', source: 'counter' }}
        onFinish={(values) => run.mutate(values)}
      >
        <Form.Item
          name="purpose"
          label={t('consent.purpose')}
          extra={text && `${t('texts.version', { n: text.number })}：${said(text.words)}`}
        >
          <Select options={PURPOSES.map((value) => ({ value, label: t(`purpose.${value}`) }))} />
        </Form.Item>
        <Form.Item
          name="channels"
          label={t('consent.channels')}
          rules={[{ required: true, type: 'array', min: 1, message: t('consent.channels_needed') }]}
        >
          <Select mode="multiple" options={CHANNELS.map((value) => ({ value, label: t(`channel.${value}`) }))} />
        </Form.Item>
        <Form.Item name="state" label={t('consent.state')}>
          <Select options={(['given', 'withdrawn'] as const).map((value) => ({ value, label: t(`said.${value}`) }))} />
        </Form.Item>
        <Form.Item name="source" label={t('consent.source')}>
          <Select options={SOURCES.map((value) => ({ value, label: t(`source.${value}`) }))} />
        </Form.Item>
        <Form.Item name="note" label={t('consent.note')}>
          <Input maxLength={500} />
        </Form.Item>
      </Form>
    </Modal>
  );
}
