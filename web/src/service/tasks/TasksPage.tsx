import { CalendarOutlined, CheckOutlined, PlusOutlined } from '@ant-design/icons';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, DatePicker, Input, Skeleton, Tag } from 'antd';
import dayjs from 'dayjs';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { get, patch, post } from '../../api/client';
import { messageOf } from '../../api/problem';
import { useCan } from '../../api/session';
import { Empty } from '../../kit/Empty';
import { ErrorView } from '../../kit/ErrorView';
import { PageHeader } from '../../kit/PageHeader';
import { InstantText } from '../../kit/texts';
import { CalendarDialog } from './CalendarDialog';
import './tasks.css';

interface Duty {
  kind: 'ticket_task' | 'visit' | 'own' | 'signature';
  id: string;
  title: string;
  detail: string;
  note: string | null;
  customer_id: string | null;
  customer_name: string | null;
  ticket_id: string | null;
  ticket_number: number | null;
  due_day: string | null;
  due_at: string | null;
  overdue: boolean;
  version: number | null;
}

interface Duties {
  today: string;
  items: Duty[];
  overdue: number;
  today_count: number;
  done: { id: string; title: string; version: number }[];
}

const GROUPS = ['overdue', 'today', 'week', 'later', 'someday'] as const;

function groupOf(duty: Duty, today: string): (typeof GROUPS)[number] {
  if (duty.overdue) return 'overdue';
  if (!duty.due_day) return 'someday';
  if (duty.due_day <= today) return 'today';
  return dayjs(duty.due_day).diff(dayjs(today), 'day') <= 7 ? 'week' : 'later';
}

/** It ends with what the customer said, which is entered where the return visits are. */
const isReturnVisit = (duty: Duty) => duty.kind === 'ticket_task' && duty.detail === 'return_visit';

/** What I have to do: tasks of tickets, visits, my own notes, protocols to be signed. */
export default function TasksPage() {
  const { t } = useTranslation('tasks');
  const { message } = App.useApp();
  const may = useCan()('work_tickets');
  const queries = useQueryClient();
  const [title, write] = useState('');
  const [due, choose] = useState<string>();
  const [calendar, show] = useState(false);
  const duties = useQuery({
    queryKey: ['service', 'duties'],
    queryFn: ({ signal }) => get<Duties>('/my/tasks', undefined, signal),
    refetchInterval: 60_000,
  });
  const fresh = () => queries.invalidateQueries({ queryKey: ['service', 'duties'] });
  const add = useMutation({
    mutationFn: () => post('/my/tasks', { title, due_day: due }),
    onSuccess: () => {
      write('');
      choose(undefined);
      void fresh();
    },
  });
  const tick = useMutation({
    mutationFn: ({ id, version, state }: { id: string; version: number | null; state: 'done' | 'open' }) =>
      patch(`/my/tasks/${id}`, { state }, { version: version ?? undefined }),
    onSuccess: fresh,
    onError: (error) => void message.error(messageOf(error)),
  });
  const finish = useMutation({
    mutationFn: ({ id, version }: Duty) => patch(`/tasks/${id}`, { state: 'done' }, { version: version ?? undefined }),
    onSuccess: fresh,
    onError: (error) => void message.error(messageOf(error)),
  });
  if (duties.isError) return <ErrorView error={duties.error} onRetry={() => duties.refetch()} />;
  if (!duties.data) return <Skeleton active />;
  const { items, today, done } = duties.data;
  const place = (duty: Duty) => {
    if (isReturnVisit(duty)) return '/service/return-visits';
    if (duty.kind === 'ticket_task') return `/service/tickets/${duty.ticket_id}`;
    if (duty.kind === 'visit') return `/service/visits/new?visit=${duty.id}&customer=${duty.customer_id}`;
    if (duty.kind === 'own' && duty.detail === 'fairness') return '/service/routing/fairness';
    if (duty.kind === 'signature') return `/service/hand-overs/${duty.id}`;
    return undefined;
  };
  return (
    <div className="duties">
      <PageHeader
        title={t('title')}
        note={t('note', { overdue: duties.data.overdue, today: duties.data.today_count })}
        extra={
          <Button icon={<CalendarOutlined />} onClick={() => show(true)}>
            {t('calendar.button')}
          </Button>
        }
      />
      {may && (
        <form
          className="panel duties-new"
          onSubmit={(event) => {
            event.preventDefault();
            if (title.trim()) add.mutate();
          }}
        >
          <Input
            aria-label={t('new')}
            placeholder={t('new')}
            value={title}
            maxLength={200}
            onChange={(event) => write(event.target.value)}
          />
          <DatePicker
            aria-label={t('due')}
            placeholder={t('due')}
            value={due ? dayjs(due) : null}
            onChange={(day) => choose(day?.format('YYYY-MM-DD'))}
          />
          <Button
            htmlType="submit"
            type="primary"
            icon={<PlusOutlined />}
            disabled={!title.trim()}
            loading={add.isPending}
          >
            {t('common:action.add')}
          </Button>
        </form>
      )}
      {add.isError && <Alert type="error" showIcon title={messageOf(add.error)} />}
      {items.length === 0 && <Empty title={t('none')} note={t('none_note')} />}
      {GROUPS.map((group) => {
        const rows = items.filter((duty) => groupOf(duty, today) === group);
        if (rows.length === 0) return null;
        return (
          <section key={group} className="panel">
            <h2 className={group === 'overdue' ? 'duties-bad' : undefined}>
              {t(`group.${group}`)} <span className="quiet">{rows.length}</span>
            </h2>
            <ul>
              {rows.map((duty) => {
                const to = place(duty);
                const name = duty.title || t(`visit.${duty.detail}`, { defaultValue: t('kind.visit') });
                return (
                  <li key={duty.kind + duty.id} className="duty">
                    {may && (duty.kind === 'own' || duty.kind === 'ticket_task') && !isReturnVisit(duty) ? (
                      <Button
                        shape="circle"
                        size="small"
                        icon={<CheckOutlined />}
                        aria-label={t('tick', { name })}
                        onClick={() =>
                          duty.kind === 'own' ? tick.mutate({ ...duty, state: 'done' }) : finish.mutate(duty)
                        }
                      />
                    ) : (
                      <span />
                    )}
                    <div>
                      {to ? <Link to={to}>{name}</Link> : <span>{name}</span>}
                      {duty.note && <p className="quiet">{duty.note}</p>}
                      <p className="duty-more">
                        <Tag>{t(`kind.${duty.kind}`)}</Tag>
                        {duty.ticket_number && <span className="number">#{duty.ticket_number}</span>}
                        {duty.customer_id && <Link to={`/customers/${duty.customer_id}`}>{duty.customer_name}</Link>}
                      </p>
                    </div>
                    <span className={duty.overdue ? 'duties-bad number' : 'number'}>
                      {duty.due_at ? <InstantText value={duty.due_at} /> : duty.due_day}
                    </span>
                  </li>
                );
              })}
            </ul>
          </section>
        );
      })}
      {done.length > 0 && (
        <section className="panel">
          <h2>{t('done')}</h2>
          <ul>
            {done.map((one) => (
              <li key={one.id} className="duty">
                <CheckOutlined />
                <s>{one.title}</s>
                {may && (
                  <Button size="small" onClick={() => tick.mutate({ ...one, state: 'open' })}>
                    {t('undo')}
                  </Button>
                )}
              </li>
            ))}
          </ul>
        </section>
      )}
      {calendar && <CalendarDialog onClose={() => show(false)} />}
    </div>
  );
}
