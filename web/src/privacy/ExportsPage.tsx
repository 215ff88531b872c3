import { DownloadOutlined } from '@ant-design/icons';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Form, Input, Modal, Tag } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get, type Page, post, url } from '../api/client';
import { messageOf } from '../api/problem';
import { useCan, useSession } from '../api/session';
import { said } from '../i18n';
import { Empty } from '../kit/Empty';
import { count } from '../kit/format';
import { PageHeader } from '../kit/PageHeader';
import { QueryTable } from '../kit/QueryTable';
import { DayText, RelativeTime } from '../kit/texts';
import type { Export } from './api';
import './privacy.css';

const colours: Record<Export['state'], string> = {
  asked: 'warning',
  running: 'processing',
  ready: 'success',
  refused: 'error',
  failed: 'error',
  expired: 'default',
  withdrawn: 'default',
};

/** Files of customers that were asked for: who, what for, whether a second person agreed, and until when they are there. */
export default function ExportsPage() {
  const { t } = useTranslation('privacy');
  const can = useCan();
  const me = useSession().staff.id;
  const [refusing, refuse] = useState<Export>();
  const { message, modal } = App.useApp();
  const queries = useQueryClient();
  // While one is being written: until it is there.
  const writing = useQuery({
    queryKey: ['privacy', 'exports', 'running'],
    queryFn: ({ signal }) => get<Page<Export>>('/exports', { state: 'running', limit: 1 }, signal),
    refetchInterval: (query) => (query.state.data?.items.length ? 2_000 : false),
  });
  const busy = (writing.data?.items.length ?? 0) > 0;
  useEffect(() => {
    if (!busy) void queries.invalidateQueries({ queryKey: ['list', '/exports'] });
  }, [busy, queries]);
  const done = () => {
    void queries.invalidateQueries({ queryKey: ['list', '/exports'] });
    void queries.invalidateQueries({ queryKey: ['privacy', 'exports', 'running'] });
  };
  const approve = (one: Export) =>
    modal.confirm({
      title: t('export.approve_question', { name: one.staff_name, n: count(one.asked_rows) }),
      content: t('export.approve_note', { reason: one.reason }),
      okText: t('export.approve'),
      onOk: async () => {
        try {
          await post(`/exports/${one.id}/decide`, { approve: true });
          done();
        } catch (error) {
          message.error(messageOf(error));
        }
      },
    });
  const retry = async (one: Export) => {
    try {
      await post(`/exports/${one.id}/retry`);
      done();
    } catch (error) {
      message.error(messageOf(error));
    }
  };
  const deeds = (one: Export) => (
    <span className="pv-row-deeds">
      {one.state === 'ready' && one.staff_id === me && (
        <Button size="small" icon={<DownloadOutlined />} href={url(`/exports/${one.id}/file`)}>
          {t('export.download')}
        </Button>
      )}
      {one.state === 'failed' && one.staff_id === me && (
        <Button size="small" onClick={() => retry(one)}>
          {t('export.retry')}
        </Button>
      )}
      {one.state === 'asked' && one.staff_id !== me && can('approve_exports') && (
        <>
          <Button size="small" type="primary" onClick={() => approve(one)}>
            {t('export.approve')}
          </Button>
          <Button size="small" onClick={() => refuse(one)}>
            {t('export.refuse')}
          </Button>
        </>
      )}
    </span>
  );
  const state = (one: Export) => (
    <>
      <Tag color={colours[one.state]}>{t(`export.state.${one.state}`)}</Tag>
      {one.problem && <span className="quiet">{said(one.problem)}</span>}
      {one.state === 'refused' && one.decision && <span className="quiet">{one.decision}</span>}
      {one.state === 'ready' && one.expires_at && (
        <span className="quiet">
          {t('export.until')} <DayText value={one.expires_at} />
        </span>
      )}
    </>
  );
  const number = (one: Export) => `E-${String(one.number).padStart(5, '0')}`;
  return (
    <>
      <PageHeader
        title={t('common:page.exports')}
        back={{ to: '/customers', label: t('common:room.customers') }}
        note={t('export.note')}
      />
      <QueryTable<Export>
        name="exports"
        label={t('common:page.exports')}
        path="/exports"
        rowKey={(row) => row.id}
        empty={<Empty title={t('export.empty')} note={t('export.empty_note')} />}
        columns={[
          { key: 'number', title: t('column.number'), always: true, width: 110, render: number },
          { key: 'who', title: t('export.who'), always: true, render: (row) => row.staff_name },
          { key: 'reason', title: t('export.reason'), always: true, render: (row) => row.reason },
          {
            key: 'rows',
            title: t('export.rows'),
            align: 'right',
            render: (row) => count(row.file_rows ?? row.asked_rows),
          },
          { key: 'format', title: t('export.format'), render: (row) => row.format.toUpperCase() },
          { key: 'asked', title: t('export.asked'), render: (row) => <RelativeTime value={row.asked_at} /> },
          { key: 'state', title: t('column.state'), always: true, render: state },
          { key: 'deeds', title: '', always: true, render: deeds },
        ]}
        card={(row) => (
          <div className="pv-card">
            <div>
              <b>{number(row)}</b> {state(row)}
            </div>
            <span>
              {row.staff_name} · {t('export.n', { n: count(row.file_rows ?? row.asked_rows) })} · {row.reason}
            </span>
            {deeds(row)}
          </div>
        )}
      />
      {refusing && <RefuseDialog one={refusing} onClose={() => refuse(undefined)} onDone={done} />}
    </>
  );
}

function RefuseDialog({ one, onClose, onDone }: { one: Export; onClose: () => void; onDone: () => void }) {
  const { t } = useTranslation('privacy');
  const [form] = Form.useForm<{ reason: string }>();
  const run = useMutation({
    mutationFn: (values: { reason: string }) => post(`/exports/${one.id}/decide`, { approve: false, ...values }),
    onSuccess: () => {
      onDone();
      onClose();
    },
  });
  return (
    <Modal
      open
      title={t('export.refuse')}
      okText={t('export.refuse')}
      confirmLoading={run.isPending}
      onOk={() => form.submit()}
      onCancel={onClose}
    >
      {run.isError && <Alert type="error" showIcon title={messageOf(run.error)} className="pv-gap" />}
      <Form form={form} layout="vertical" requiredMark={false} onFinish={(values) => run.mutate(values)}>
        <Form.Item
          name="reason"
          label={t('reason')}
          rules={[{ required: true, whitespace: true, min: 2, message: t('needed') }]}
        >
          <Input.TextArea rows={3} maxLength={500} />
        </Form.Item>
      </Form>
    </Modal>
  );
}
