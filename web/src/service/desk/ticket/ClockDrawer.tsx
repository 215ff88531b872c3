import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, DatePicker, Drawer, Form, Input, Skeleton } from 'antd';
import dayjs, { type Dayjs } from 'dayjs';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get, put, remove } from '../../../api/client';
import { messageOf } from '../../../api/problem';
import { useCan } from '../../../api/session';
import { Empty } from '../../../kit/Empty';
import { ErrorView } from '../../../kit/ErrorView';
import { DayText, InstantText } from '../../../kit/texts';
import { outdated } from '../api';
import { Due, useSpan } from '../parts';
import type { WholeTicket } from '../types';

interface Clock {
  metric: string;
  status: 'running' | 'paused' | 'overdue' | 'met' | 'breached' | 'cancelled';
  started_at: string;
  ended_at?: string | null;
  due_at?: string | null;
  policy?: { id: string; name: string; version: number } | null;
  calendar?: { name: string; zone: string } | null;
  target?: { amount: number; unit: string; pauses: string[] } | null;
  counted_from?: string | null;
  manual?: { due_at: string; reason: string; staff_id?: string | null; at: string } | null;
  pauses: { from: string; to?: string | null; minutes: number }[];
  used_minutes: number;
  promised_minutes?: number | null;
  days: { day: string; minutes: number; hours: string[] }[];
}

const LIVE = ['running', 'paused', 'overdue'];

/** Every due time of a ticket with its reason: policy, calendar, pauses, and the working minutes day by day. */
export function ClockDrawer({ whole, onClose }: { whole: WholeTicket; onClose: () => void }) {
  const { t } = useTranslation('desk');
  const clocks = useQuery({
    queryKey: ['service', 'ticket', whole.ticket.id, 'clocks'],
    queryFn: ({ signal }) => get<{ items: Clock[] }>(`/tickets/${whole.ticket.id}/clocks`, undefined, signal),
  });
  const items = [...(clocks.data?.items ?? [])].sort(
    (a, b) => Number(LIVE.includes(b.status)) - Number(LIVE.includes(a.status)),
  );
  return (
    <Drawer open onClose={onClose} title={t('clock.why')} size={520}>
      {clocks.isPending && <Skeleton active />}
      {clocks.isError && <ErrorView error={clocks.error} onRetry={() => clocks.refetch()} />}
      {clocks.isSuccess && items.length === 0 && <Empty title={t('clock.none')} note={t('clock.none_note')} />}
      {items.map((clock) => (
        <One key={`${clock.metric}${clock.started_at}`} clock={clock} whole={whole} />
      ))}
    </Drawer>
  );
}

function One({ clock, whole }: { clock: Clock; whole: WholeTicket }) {
  const { t } = useTranslation('desk');
  const may = useCan()('set_due_times');
  const span = useSpan();
  const [setting, setSetting] = useState(false);
  const minutes = (n: number) => span(0, n * 60_000);
  const live = LIVE.includes(clock.status);
  return (
    <section className={`clock ${clock.status}`}>
      <h3>
        {t(`metric.${clock.metric}`)}{' '}
        <span className={`clock-status ${clock.status}`}>{t(`clock.status.${clock.status}`)}</span>
      </h3>
      <dl className="facts">
        <div>
          <dt>{t('field.due')}</dt>
          <dd>
            {clock.due_at ? (
              <>
                <InstantText value={clock.due_at} /> {live && <Due at={clock.due_at} short />}
              </>
            ) : (
              t('clock.still')
            )}
          </dd>
        </div>
        {clock.manual && (
          <div>
            <dt>{t('clock.manual')}</dt>
            <dd>
              {clock.manual.staff_id && whole.staff[clock.manual.staff_id]} {clock.manual.reason}
            </dd>
          </div>
        )}
        {clock.target && (
          <div>
            <dt>{t('clock.promise')}</dt>
            <dd>
              {t(`clock.unit.${clock.target.unit}`, { n: clock.target.amount, span: minutes(clock.target.amount) })}
            </dd>
          </div>
        )}
        {clock.policy && (
          <div>
            <dt>{t('clock.policy')}</dt>
            <dd>{t('clock.version', { name: clock.policy.name, n: clock.policy.version })}</dd>
          </div>
        )}
        {clock.calendar && (
          <div>
            <dt>{t('clock.calendar')}</dt>
            <dd>
              {clock.calendar.name} <span className="quiet">{clock.calendar.zone}</span>
            </dd>
          </div>
        )}
        <div>
          <dt>{t('clock.from')}</dt>
          <dd>
            <InstantText value={clock.counted_from ?? clock.started_at} />
          </dd>
        </div>
        <div>
          <dt>{t('clock.used')}</dt>
          <dd>
            {clock.promised_minutes !== null && clock.promised_minutes !== undefined
              ? t('clock.used_of', { used: minutes(clock.used_minutes), all: minutes(clock.promised_minutes) })
              : minutes(clock.used_minutes)}
          </dd>
        </div>
      </dl>
      {clock.pauses.length > 0 && (
        <>
          <h4>{t('clock.pauses')}</h4>
          <ul className="clock-list">
            {clock.pauses.map((pause) => (
              <li key={pause.from}>
                <span>
                  <InstantText value={pause.from} /> – {pause.to ? <InstantText value={pause.to} /> : t('clock.now')}
                </span>
                <span className="quiet">{t('clock.gives', { span: minutes(pause.minutes) })}</span>
              </li>
            ))}
          </ul>
        </>
      )}
      {clock.days.length > 0 && (
        <details>
          <summary>{t('clock.days')}</summary>
          <ul className="clock-list">
            {clock.days.map((day) => (
              <li key={day.day}>
                <span>
                  <DayText value={day.day} /> <span className="quiet">{day.hours.join('、')}</span>
                </span>
                <span>{minutes(day.minutes)}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
      {may && live && !setting && (
        <Button type="link" size="small" className="flat" onClick={() => setSetting(true)}>
          {t(clock.manual ? 'clock.change' : 'clock.set')}
        </Button>
      )}
      {setting && <SetDue clock={clock} ticket={whole.ticket.id} onClose={() => setSetting(false)} />}
    </section>
  );
}

/** A due time by hand, with a reason; it can be taken back. */
function SetDue({ clock, ticket, onClose }: { clock: Clock; ticket: string; onClose: () => void }) {
  const { t } = useTranslation('desk');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [at, setAt] = useState<Dayjs | null>(clock.due_at ? dayjs(clock.due_at) : null);
  const [reason, setReason] = useState('');
  const done = (said: string) => {
    outdated(queries, ticket);
    void message.success(said);
    onClose();
  };
  const save = useMutation({
    mutationFn: () =>
      put(`/tickets/${ticket}/due`, { metric: clock.metric, due_at: at?.toISOString(), reason: reason.trim() }),
    onSuccess: () => done(t('clock.saved')),
  });
  const back = useMutation({
    mutationFn: () =>
      remove(`/tickets/${ticket}/due`, { query: { metric: clock.metric, reason: reason.trim() || undefined } }),
    onSuccess: () => done(t('clock.taken_back')),
  });
  const error = save.error ?? back.error;
  return (
    <Form layout="vertical" className="set-due" onFinish={() => save.mutate()}>
      <Form.Item label={t('field.due')}>
        <DatePicker
          showTime={{ format: 'HH:mm' }}
          format="YYYY-MM-DD HH:mm"
          value={at}
          onChange={setAt}
          aria-label={t('field.due')}
        />
      </Form.Item>
      <Form.Item label={t('field.reason')} htmlFor="due-reason">
        <Input id="due-reason" value={reason} maxLength={500} onChange={(event) => setReason(event.target.value)} />
      </Form.Item>
      {error && <Alert type="error" showIcon title={messageOf(error)} className="dialog-fault" />}
      <div className="today-next">
        <Button type="primary" htmlType="submit" loading={save.isPending} disabled={!at || !reason.trim()}>
          {t('common:action.save')}
        </Button>
        {clock.manual && (
          <Button loading={back.isPending} onClick={() => back.mutate()}>
            {t('clock.take_back')}
          </Button>
        )}
        <Button type="text" onClick={onClose}>
          {t('common:action.cancel')}
        </Button>
      </div>
    </Form>
  );
}
