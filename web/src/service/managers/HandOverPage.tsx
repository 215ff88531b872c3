import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Checkbox, Input, Select, Skeleton } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate, useSearchParams } from 'react-router';
import { post } from '../../api/client';
import { messageOf } from '../../api/problem';
import { ErrorView } from '../../kit/ErrorView';
import { PageHeader } from '../../kit/PageHeader';
import { StatCard } from '../../kit/StatCard';
import { type HandOver, type Preview, useManagers } from './api';
import { LoadBar } from './LoadBar';
import './managers.css';

const KINDS = ['customers', 'tickets', 'ticket_tasks', 'visits', 'tasks'] as const;

/** Hands everything that a manager has to others: who, what would move, what was agreed, done. */
export default function HandOverPage() {
  const { t } = useTranslation('managers');
  const { modal } = App.useApp();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [search, change] = useSearchParams();
  const from = search.get('from') ?? undefined;
  const to = search.get('to') ?? undefined;
  const [partial, leave] = useState(false);
  const [note, write] = useState('');
  const [line, word] = useState<string>();
  const managers = useManagers();
  const put = (key: string, value: string) => {
    const next = new URLSearchParams(search);
    if (value) next.set(key, value);
    else next.delete(key);
    change(next, { replace: true });
  };
  const preview = useQuery({
    queryKey: ['service', 'hand-over', from, to],
    queryFn: ({ signal }) => post<Preview>('/managers/hand-over/preview', { from_id: from, to_id: to }, { signal }),
    enabled: !!from,
    gcTime: 0,
  });
  const done = useMutation({
    mutationFn: () =>
      post<HandOver>('/managers/hand-over', {
        from_id: from,
        to_id: to,
        partial,
        note,
        customer_line: line || undefined,
      }),
    onSuccess: (one) => {
      void queries.invalidateQueries({ queryKey: ['service'] });
      navigate(`/service/hand-overs/${one.id}`);
    },
  });
  const people = managers.data?.items ?? [];
  const seen = preview.data;
  const nothing = seen && KINDS.every((kind) => seen[kind] === 0);
  const ready = seen && !nothing && seen.rest_id && (seen.unplaced === 0 || partial);
  const name = people.find((one) => one.staff_id === from)?.name ?? '';
  const ask = () =>
    modal.confirm({
      title: t('hand.sure', { name }),
      content: t('hand.sure_note', { n: seen ? KINDS.reduce((sum, kind) => sum + seen[kind], 0) : 0 }),
      okText: t('hand.do'),
      cancelText: t('common:action.cancel'),
      onOk: () => done.mutateAsync().catch(() => undefined),
    });
  return (
    <div className="mg mg-narrow">
      <PageHeader title={t('hand.title')} note={t('hand.note')} back={{ to: '/service/managers', label: t('title') }} />
      <section className="panel">
        <h2>{t('hand.step_who')}</h2>
        <div className="mg-from">
          <div className="mg-field">
            {t('hand.from')}
            <Select
              aria-label={t('hand.from')}
              showSearch
              optionFilterProp="label"
              value={from}
              placeholder={t('hand.choose')}
              onChange={(value) => put('from', value)}
              options={people.map((one) => ({
                value: one.staff_id,
                label: one.active ? one.name : `${one.name}（${t('left')}）`,
              }))}
            />
          </div>
          <div className="mg-field">
            {t('hand.to')}
            <Select
              aria-label={t('hand.to')}
              value={to ?? ''}
              onChange={(value) => put('to', value)}
              options={[
                { value: '', label: t('hand.spread') },
                ...people
                  .filter((one) => one.active && one.staff_id !== from)
                  .map((one) => ({ value: one.staff_id, label: `${one.name}（${one.load.places} / ${one.cap}）` })),
              ]}
            />
          </div>
        </div>
      </section>
      {from && (
        <section className="panel">
          <h2>{t('hand.step_what')}</h2>
          {preview.isPending && <Skeleton active />}
          {preview.isError && <ErrorView error={preview.error} onRetry={() => preview.refetch()} />}
          {nothing && <Alert type="info" showIcon title={t('hand.nothing')} />}
          {seen && !nothing && (
            <>
              <div className="stats mg-counts">
                {KINDS.map((kind) => (
                  <StatCard
                    key={kind}
                    label={t(`hand.kind.${kind}`)}
                    value={seen[kind]}
                    note={kind === 'customers' ? t('hand.vips', { n: seen.vips }) : undefined}
                  />
                ))}
              </div>
              <ul className="mg-becomes">
                {seen.to.map((one) => (
                  <li key={one.staff_id}>
                    <span>
                      {one.name} <span className="quiet">{t('hand.gets', { n: one.customers })}</span>
                    </span>
                    <LoadBar now={one.before.places} after={one.after.places} cap={one.cap} />
                  </li>
                ))}
              </ul>
              {!seen.rest_id && <Alert type="error" showIcon title={t('hand.nobody')} />}
              {seen.unplaced > 0 && (
                <Alert
                  type="warning"
                  showIcon
                  title={t('hand.unplaced', { n: seen.unplaced })}
                  description={
                    <>
                      <p>{seen.unplaced_names.join('、')}</p>
                      <Checkbox checked={partial} onChange={(event) => leave(event.target.checked)}>
                        {t('hand.partial')}
                      </Checkbox>
                    </>
                  }
                />
              )}
            </>
          )}
        </section>
      )}
      {seen && !nothing && (
        <section className="panel">
          <h2>{t('hand.step_words')}</h2>
          <label className="mg-field">
            {t('hand.agreed')}
            <Input.TextArea
              value={note}
              maxLength={4000}
              autoSize={{ minRows: 3 }}
              placeholder={t('hand.agreed_note')}
              onChange={(event) => write(event.target.value)}
            />
          </label>
          <label className="mg-field">
            {t('hand.line')}
            <Input.TextArea
              value={line ?? seen.customer_line}
              maxLength={500}
              autoSize
              onChange={(event) => word(event.target.value)}
            />
          </label>
          <p className="quiet">{t('hand.line_note', { interpolation: { skipOnVariables: true } })}</p>
          {done.isError && <Alert type="error" showIcon title={messageOf(done.error)} />}
          <Button type="primary" disabled={!ready} loading={done.isPending} onClick={ask}>
            {t('hand.do')}
          </Button>
        </section>
      )}
    </div>
  );
}
