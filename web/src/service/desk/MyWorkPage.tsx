import { PlusOutlined, RightCircleOutlined } from '@ant-design/icons';
import { Button, Skeleton } from 'antd';
import { useCallback, useEffect, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import { useCan, useSession } from '../../api/session';
import { Empty } from '../../kit/Empty';
import { ErrorView } from '../../kit/ErrorView';
import { count } from '../../kit/format';
import { PageHeader } from '../../kit/PageHeader';
import { StatCard } from '../../kit/StatCard';
import { useRowKeys } from '../../kit/useRowKeys';
import { useCounts, useLines } from './api';
import { Here } from './Here';
import { KeyHelp } from './KeyHelp';
import { LiveMark } from './LiveMark';
import { TicketLine, ticketPath } from './parts';
import { badge } from './sound';
import { isActive, type TicketRow } from './types';
import { useKeys } from './useKeys';
import { useNext } from './useNext';
import './desk.css';

/** What one person has to do, next due first. One key takes the next ticket of the queue. */
export default function MyWorkPage() {
  const { t } = useTranslation('desk');
  const navigate = useNavigate();
  const may = useCan()('work_tickets');
  const me = useSession().staff.id;
  const counts = useCounts();
  const lines = useLines({ view: 'mine', sort: 'due', limit: 100 });
  const next = useNext();
  const items = lines.data?.items;
  const { todo, waiting, rows } = useMemo(() => {
    const todo = items?.filter((row) => isActive(row.state)) ?? [];
    const waiting = items?.filter((row) => !isActive(row.state)) ?? [];
    return { todo, waiting, rows: [...todo, ...waiting] };
  }, [items]);
  const open = useCallback((at: number) => rows[at] && navigate(ticketPath(rows[at].id)), [rows, navigate]);
  const at = useRowKeys(rows.length, open);
  const take = () => may && !next.isPending && next.mutate();
  useKeys({ n: take, c: may ? () => navigate('/service/tickets/new') : undefined });
  const mine = counts.data?.mine;
  useEffect(() => badge(mine?.active ?? 0), [mine?.active]);

  return (
    <div className="desk">
      <PageHeader
        title={t('mine.title')}
        note={<LiveMark />}
        extra={
          may && (
            <>
              <Here />
              <Link to="/service/tickets/new">
                <Button icon={<PlusOutlined />}>{t('new.button')}</Button>
              </Link>
              <Button type="primary" icon={<RightCircleOutlined />} loading={next.isPending} onClick={take}>
                {t('next.button')} <KeyHelp>n</KeyHelp>
              </Button>
            </>
          )
        }
      />
      <div className="stats desk-stats">
        <StatCard
          label={t('mine.active')}
          value={count(mine?.active)}
          to={`/service/tickets?assignee=${me}&state=new,open`}
          note={mine && t('mine.waiting_n', { n: count(mine.waiting) })}
          loading={!counts.data}
        />
        <StatCard
          label={t('mine.overdue')}
          value={<span className={mine?.overdue ? 'tk-bad' : undefined}>{count(mine?.overdue)}</span>}
          note={mine && t('mine.soon_n', { n: count(mine.soon) })}
          to={`/service/tickets?view=mine&sort=due`}
          loading={!counts.data}
        />
        <StatCard
          label={t('mine.unassigned')}
          value={count(counts.data?.unassigned.active)}
          to="/service/tickets?view=unassigned"
          note={counts.data && t('mine.overdue_n', { n: count(counts.data.unassigned.overdue) })}
          loading={!counts.data}
        />
      </div>
      {lines.isPending && <Skeleton active paragraph={{ rows: 6 }} />}
      {lines.isError && <ErrorView error={lines.error} onRetry={() => lines.refetch()} />}
      {lines.isSuccess && rows.length === 0 && (
        <div className="sheet">
          <Empty
            title={t('mine.empty')}
            note={
              counts.data?.unassigned.active
                ? t('mine.empty_take', { n: count(counts.data.unassigned.active) })
                : t('mine.empty_note')
            }
            action={
              may && (
                <Button type="primary" onClick={take} loading={next.isPending}>
                  {t('next.button')}
                </Button>
              )
            }
          />
        </div>
      )}
      {todo.length > 0 && <Lines title={t('mine.todo', { n: todo.length })} rows={todo} chosen={rows[at]?.id} />}
      {waiting.length > 0 && (
        <Lines title={t('mine.waiting', { n: waiting.length })} rows={waiting} chosen={rows[at]?.id} />
      )}
      {lines.data?.next && <Link to="/service/tickets?view=mine">{t('mine.all')}</Link>}
    </div>
  );
}

function Lines({ title, rows, chosen }: { title: string; rows: TicketRow[]; chosen?: string }) {
  return (
    <section className="tk-lines">
      <h2>{title}</h2>
      <ul>
        {rows.map((row) => (
          <li key={row.id} data-row-chosen={row.id === chosen}>
            <TicketLine row={row} chosen={row.id === chosen} />
          </li>
        ))}
      </ul>
    </section>
  );
}
