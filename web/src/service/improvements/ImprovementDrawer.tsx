import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { App, Button, Drawer, Input, InputNumber, Modal, Skeleton, Space, Table } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { get, type Page, patch, post, put, remove } from '../../api/client';
import { messageOf } from '../../api/problem';
import { useCan } from '../../api/session';
import { ErrorView } from '../../kit/ErrorView';
import { count, instantText } from '../../kit/format';
import { type Contributor, type Improvement, NEXT, type Preview, type State, type Whole } from './api';
import { ImprovementDialog } from './ImprovementDialog';

/** One improvement: its way, who asked for it, and telling them. */
export function ImprovementDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation('improvements');
  const found = useQuery({
    queryKey: ['service', 'improvements', id],
    queryFn: ({ signal }) => get<Whole>(`/improvements/${id}`, undefined, signal),
  });
  return (
    <Drawer open onClose={onClose} title={found.data?.improvement.title ?? t('title')} size="large">
      {found.isError && <ErrorView error={found.error} onRetry={() => found.refetch()} />}
      {found.isPending && <Skeleton active />}
      {found.data && <Inside whole={found.data} />}
    </Drawer>
  );
}

function Inside({ whole }: { whole: Whole }) {
  const { t } = useTranslation('improvements');
  const can = useCan();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const one = whole.improvement;
  const [declining, decline] = useState(false);
  const [finishing, finish] = useState(false);
  const [reason, setReason] = useState('');
  const [number, setNumber] = useState<number | null>(null);
  const again = () => queries.invalidateQueries({ queryKey: ['service', 'improvements'] });
  const failed = (error: unknown) => void message.error(messageOf(error));
  const move = useMutation({
    mutationFn: (to: State) =>
      patch(`/improvements/${one.id}`, { state: to, ...(reason ? { reason } : {}) }, { version: one.version }),
    onSuccess: () => {
      decline(false);
      void again();
    },
    onError: failed,
  });
  const add = useMutation({
    mutationFn: async (what: { topic?: string; number?: number }) => {
      if (what.topic) return post<{ added: number }>(`/improvements/${one.id}/contributors`, { topic_id: what.topic });
      const page = await get<Page<{ id: string }>>('/tickets', { number: what.number });
      const ticket = page.items[0];
      if (!ticket) throw new Error(t('not_found'));
      return post<{ added: number }>(`/improvements/${one.id}/contributors`, { ticket_ids: [ticket.id] });
    },
    onSuccess: ({ added }) => {
      setNumber(null);
      void message.success(t('added', { n: added, count: added }));
      void again();
    },
    onError: failed,
  });
  const act = useMutation({
    mutationFn: ({ row, what }: { row: Contributor; what: 'remove' | 'wish' }) =>
      what === 'remove'
        ? remove(`/improvements/${one.id}/contributors/${row.ticket_id}`)
        : put(`/customers/${row.customer_id}/feedback-notices`, { wanted: row.opted_out }),
    onSuccess: () => void again(),
    onError: failed,
  });
  const [editing, edit] = useState(false);
  const works = can('work_tickets') && one.state !== 'done';
  return (
    <div style={{ display: 'grid', gap: 16 }}>
      <div>
        <strong>{t(`state.${one.state}`)}</strong> {one.reason && <span className="quiet-words">{one.reason}</span>}
      </div>
      {one.detail && <div style={{ whiteSpace: 'pre-wrap' }}>{one.detail}</div>}
      {can('manage_service') && (
        <Space wrap>
          {(one.state === 'accepted' || one.state === 'doing') && (
            <Button type="primary" onClick={() => finish(true)}>
              {t('finish')}
            </Button>
          )}
          {NEXT[one.state].map((to) => (
            <Button key={to} onClick={() => (to === 'declined' ? decline(true) : move.mutate(to))}>
              {t(`to.${to}`)}
            </Button>
          ))}
          <Button onClick={() => edit(true)}>{t('common:action.edit')}</Button>
        </Space>
      )}
      {works && (
        <Space wrap>
          {one.topic_id && (
            <Button onClick={() => add.mutate({ topic: one.topic_id ?? undefined })}>{t('add_topic')}</Button>
          )}
          <InputNumber
            aria-label={t('add_number')}
            placeholder={t('add_number')}
            min={1}
            style={{ width: 220 }}
            value={number}
            onChange={setNumber}
          />
          <Button disabled={!number} onClick={() => number && add.mutate({ number })}>
            {t('add')}
          </Button>
        </Space>
      )}
      <Rows
        rows={whole.contributors}
        acts={(row) =>
          works && (
            <Space wrap>
              {row.customer_id && (
                <Button size="small" type="text" onClick={() => act.mutate({ row, what: 'wish' })}>
                  {t(row.opted_out ? 'opt_in' : 'opt_out')}
                </Button>
              )}
              <Button size="small" type="text" onClick={() => act.mutate({ row, what: 'remove' })}>
                {t('remove')}
              </Button>
            </Space>
          )
        }
      />
      {whole.hidden > 0 && <p className="quiet-words">{t('hidden', { n: whole.hidden })}</p>}
      {whole.effect && <Effect effect={whole.effect} />}
      <div>
        <h3>{t('history')}</h3>
        {one.history.map((step) => (
          <div key={step.at + step.state}>
            {instantText(step.at)} {t(`state.${step.state}`)} {step.reason}
          </div>
        ))}
      </div>
      <Modal
        open={declining}
        title={t('reason')}
        onCancel={() => decline(false)}
        onOk={() => move.mutate('declined')}
        okText={t('common:action.confirm')}
        cancelText={t('common:action.cancel')}
      >
        <Input.TextArea aria-label={t('reason')} value={reason} onChange={(event) => setReason(event.target.value)} />
      </Modal>
      {editing && <ImprovementDialog improvement={one} onClose={() => edit(false)} />}
      {finishing && <Finish improvement={one} onClose={() => finish(false)} />}
    </div>
  );
}

function Rows({ rows, acts }: { rows: Contributor[]; acts?: (row: Contributor) => React.ReactNode }) {
  const { t } = useTranslation('improvements');
  return (
    <Table
      size="small"
      rowKey="ticket_id"
      title={() => t('contributors')}
      dataSource={rows}
      pagination={{ pageSize: 10, hideOnSinglePage: true }}
      scroll={{ x: 480 }}
      columns={[
        {
          key: 'number',
          title: t('number'),
          render: (_, row) => <Link to={`/service/tickets/${row.ticket_id}`}>#{row.number}</Link>,
        },
        { key: 'name', title: t('customer'), render: (_, row) => row.name ?? '–' },
        {
          key: 'notice',
          title: t('notice.title'),
          render: (_, row) => (row.message ? `${t('would')}：${row.message}` : t(`notice.${row.notice}`)),
        },
        ...(acts ? [{ key: 'acts', title: '', render: (_: unknown, row: Contributor) => acts(row) }] : []),
      ]}
    />
  );
}

function Effect({ effect }: { effect: NonNullable<Whole['effect']> }) {
  const { t } = useTranslation('improvements');
  const rated = (side: (typeof effect)['before']) =>
    side.rated ? `${(side.score_sum / side.rated).toFixed(1)} (${side.rated})` : '–';
  const rows = [
    { key: 'voices', name: t('voices'), before: count(effect.before.voices), after: count(effect.after.voices) },
    {
      key: 'negative',
      name: t('negative'),
      before: count(effect.before.negative),
      after: count(effect.after.negative),
    },
    { key: 'csat', name: t('csat'), before: rated(effect.before), after: rated(effect.after) },
  ];
  return (
    <Table
      size="small"
      title={() => t('effect', { n: effect.after.days })}
      dataSource={rows}
      pagination={false}
      columns={[
        { key: 'name', dataIndex: 'name', title: '' },
        { key: 'before', dataIndex: 'before', title: t('before'), align: 'right' },
        { key: 'after', dataIndex: 'after', title: t('after'), align: 'right' },
      ]}
    />
  );
}

function Finish({ improvement, onClose }: { improvement: Improvement; onClose: () => void }) {
  const { t } = useTranslation('improvements');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [words, setWords] = useState(() => t('message_default', { interpolation: { skipOnVariables: true } }));
  const failed = (error: unknown) => void message.error(messageOf(error));
  const path = `/improvements/${improvement.id}`;
  const look = useMutation({
    mutationFn: () => post<Preview>(`${path}/preview`, { message: words }),
    onError: failed,
  });
  const send = useMutation({
    mutationFn: () => post(`${path}/done`, { message: words }, { version: improvement.version }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['service', 'improvements'] });
      onClose();
    },
    onError: failed,
  });
  const seen = look.data;
  return (
    <Modal
      open
      width={720}
      title={t('finish')}
      onCancel={onClose}
      okText={seen ? t('send', { n: seen.told, count: seen.told }) : t('preview')}
      cancelText={t('common:action.cancel')}
      confirmLoading={look.isPending || send.isPending}
      onOk={() => (seen ? send.mutate() : look.mutate())}
    >
      <Input.TextArea
        aria-label={t('message')}
        rows={4}
        maxLength={2000}
        value={words}
        onChange={(event) => {
          setWords(event.target.value);
          look.reset();
        }}
      />
      <p className="quiet-words">{t('message_note')}</p>
      {seen && (
        <>
          <p>
            {t('summary', { told: seen.told, with: seen.with, opted_out: seen.opted_out, archived: seen.archived })}
          </p>
          <Rows rows={seen.contributors} />
        </>
      )}
    </Modal>
  );
}
