import { CopyOutlined, PrinterOutlined } from '@ant-design/icons';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Input, Skeleton } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useParams } from 'react-router';
import { get, patch, post } from '../../api/client';
import { messageOf } from '../../api/problem';
import { useCan, useSessionQuery } from '../../api/session';
import { ErrorView } from '../../kit/ErrorView';
import { PageHeader } from '../../kit/PageHeader';
import { InstantText } from '../../kit/texts';
import { useLevels } from '../../kit/useLevels';
import type { Protocol, Signature } from './api';
import './managers.css';

const KINDS = ['customer', 'ticket', 'ticket_task', 'visit', 'task'] as const;

/** The protocol of a hand-over: what went to whom, what was agreed, who has signed. Made for paper too. */
export default function ProtocolPage() {
  const { t } = useTranslation('managers');
  const { id = '' } = useParams();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const me = useSessionQuery().data?.staff?.id;
  const may = useCan()('manage_service');
  const { byRank } = useLevels();
  const [note, write] = useState<string>();
  const key = ['service', 'hand-over', id];
  const found = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => get<Protocol>(`/hand-overs/${id}`, undefined, signal),
    refetchInterval: (query) => (query.state.data?.state === 'running' ? 1_500 : false),
  });
  const fresh = () => queries.invalidateQueries({ queryKey: ['service'] });
  const save = useMutation({
    mutationFn: () => patch(`/hand-overs/${id}`, { note }, { version: found.data?.version }),
    onSuccess: async () => {
      await fresh();
      write(undefined);
      void message.success(t('common:saved'));
    },
  });
  const sign = useMutation({
    mutationFn: (one: Signature) => post(`/hand-overs/${id}/sign`, one.staff_id === me ? {} : { for_id: one.staff_id }),
    onSuccess: fresh,
  });
  if (found.isError) return <ErrorView error={found.error} onRetry={() => found.refetch()} />;
  if (!found.data) return <Skeleton active />;
  const one = found.data;
  const unsigned = one.signatures.every((signature) => !signature.signed_at);
  const failed = save.error ?? sign.error;
  const detail = (item: Protocol['items'][number]) =>
    [
      item.detail.level_rank ? byRank.get(item.detail.level_rank)?.name : undefined,
      item.detail.birthday ? t('paper.birthday', { day: item.detail.birthday.slice(5) }) : undefined,
      item.detail.number ? `#${item.detail.number}` : undefined,
      item.detail.day ?? undefined,
      item.detail.due_at ? item.detail.due_at.slice(0, 10) : undefined,
    ]
      .filter(Boolean)
      .join(' · ');
  return (
    <div className="mg mg-paper">
      <PageHeader
        title={t('paper.title')}
        note={t('paper.note', { organisation: one.organisation, name: one.from_name })}
        back={{ to: '/service/managers', label: t('title') }}
        extra={
          <Button icon={<PrinterOutlined />} onClick={() => window.print()}>
            {t('paper.print')}
          </Button>
        }
      />
      {one.state === 'running' && <Alert type="info" showIcon title={t('paper.running')} />}
      {failed && <Alert type="error" showIcon title={messageOf(failed)} />}
      <dl className="panel mg-facts">
        <dt>{t('hand.from')}</dt>
        <dd>{one.from_name}</dd>
        <dt>{t('paper.by')}</dt>
        <dd>
          <InstantText value={one.created_at} />
        </dd>
        <dt>{t('paper.done')}</dt>
        <dd>{one.done_at ? <InstantText value={one.done_at} /> : t('hand.running')}</dd>
      </dl>
      {one.signatures
        .filter((signature) => signature.side === 'to')
        .map((receiver) => (
          <section key={receiver.staff_id} className="panel">
            <h2>{t('paper.to', { name: receiver.staff_name })}</h2>
            {KINDS.map((kind) => {
              const items = one.items.filter((item) => item.to_id === receiver.staff_id && item.kind === kind);
              if (items.length === 0) return null;
              return (
                <div key={kind}>
                  <h3>{t(`paper.kind.${kind}`, { n: items.length })}</h3>
                  <ul className="mg-items">
                    {items.map((item) => (
                      <li key={item.item_id}>
                        <span>{item.title || t(`paper.untitled`)}</span> <span className="quiet">{detail(item)}</span>
                      </li>
                    ))}
                  </ul>
                </div>
              );
            })}
            {one.lines
              .filter((line) => line.to_id === receiver.staff_id)
              .map((line) => (
                <blockquote key={line.to_id} className="mg-line">
                  {line.text.replace('{customer}', t('paper.customer'))}
                  <Button
                    type="text"
                    size="small"
                    icon={<CopyOutlined />}
                    aria-label={t('paper.copy')}
                    onClick={() =>
                      void navigator.clipboard
                        .writeText(line.text.replace('{customer}', t('paper.customer')))
                        .then(() => message.success(t('paper.copied')))
                    }
                  />
                </blockquote>
              ))}
          </section>
        ))}
      <section className="panel">
        <h2>{t('hand.agreed')}</h2>
        {unsigned ? (
          <>
            <Input.TextArea
              aria-label={t('hand.agreed')}
              value={note ?? one.note}
              maxLength={4000}
              autoSize={{ minRows: 2 }}
              onChange={(event) => write(event.target.value)}
            />
            {note !== undefined && note !== one.note && (
              <Button type="primary" loading={save.isPending} onClick={() => save.mutate()} className="mg-save">
                {t('common:action.save')}
              </Button>
            )}
          </>
        ) : (
          <p className="mg-note">{one.note || t('paper.no_note')}</p>
        )}
      </section>
      <section className="panel">
        <h2>{t('paper.signatures')}</h2>
        <ul className="mg-signatures">
          {one.signatures.map((signature) => (
            <li key={signature.staff_id}>
              <strong>{signature.staff_name}</strong>
              <span className="quiet">{t(`paper.side.${signature.side}`)}</span>
              {signature.signed_at ? (
                <span>
                  {signature.signed_by !== signature.staff_id &&
                    `${t('paper.for', { name: signature.signed_by_name })} · `}
                  <InstantText value={signature.signed_at} />
                </span>
              ) : (
                <span className="mg-blank">
                  {one.state === 'done' && (signature.staff_id === me || (may && !signature.active)) && (
                    <Button type="primary" loading={sign.isPending} onClick={() => sign.mutate(signature)}>
                      {signature.staff_id === me ? t('paper.sign') : t('paper.sign_for')}
                    </Button>
                  )}
                </span>
              )}
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}
