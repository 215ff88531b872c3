import { Select, Skeleton } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useCan } from '../../api/session';
import { useStaff } from '../../customers/api';
import { ErrorView } from '../../kit/ErrorView';
import { count } from '../../kit/format';
import { PageHeader } from '../../kit/PageHeader';
import { useUrlState } from '../../kit/useUrlState';
import { useCounts, useGroups, useLines } from './api';
import { LiveMark } from './LiveMark';
import { Due, KindTag, ticketPath, UrgentMark, Who } from './parts';
import { type Lot, type State, type TicketRow, UNDONE } from './types';
import { useKeys } from './useKeys';
import { useNext } from './useNext';
import './desk.css';

/** Cards of one column; the rest is on the list. */
const SHOWN = 20;

/** The team's day: a column for each state, and what everyone has. */
export default function BoardPage() {
  const { t } = useTranslation('desk');
  const [state, change] = useUrlState();
  const may = useCan()('work_tickets');
  const counts = useCounts(true);
  const groups = useGroups().data ?? [];
  const staff = useStaff().data ?? [];
  const next = useNext();
  useKeys({ n: may ? () => !next.isPending && next.mutate() : undefined });
  const query = { group: state.group, assignee: state.assignee };
  const people = counts.data?.people ?? [];
  const names = new Map([
    ...staff.map((one) => [one.id, one.name] as const),
    ...people.map((one) => [one.staff_id, one.name] as const),
  ]);
  return (
    <div className="desk">
      <PageHeader
        title={t('board.title')}
        note={<LiveMark />}
        extra={
          <>
            {groups.length > 0 && (
              <Select
                allowClear
                className="board-choice"
                value={state.group ?? undefined}
                placeholder={t('board.all_groups')}
                aria-label={t('field.group')}
                popupMatchSelectWidth={false}
                options={groups.map((group) => ({ value: group.id, label: group.name }))}
                onChange={(group) => change({ group: group ?? null })}
              />
            )}
            <Select
              allowClear
              className="board-choice"
              value={state.assignee ?? undefined}
              placeholder={t('board.everyone')}
              aria-label={t('field.assignee')}
              popupMatchSelectWidth={false}
              showSearch={{ optionFilterProp: 'label' }}
              options={[
                { value: 'me', label: t('board.me') },
                { value: 'none', label: t('board.nobody') },
                ...[...names].map(([value, label]) => ({ value, label })),
              ]}
              onChange={(assignee) => change({ assignee: assignee ?? null })}
            />
          </>
        }
      />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways is reached by the keyboard */}
      <section className="board" tabIndex={0} aria-label={t('board.title')}>
        {UNDONE.map((column) => (
          <Column
            key={column}
            state={column}
            query={query}
            total={
              query.group || query.assignee
                ? undefined
                : (counts.data?.states?.find((one) => one.state === column)?.tickets ?? (counts.data ? 0 : undefined))
            }
          />
        ))}
      </section>
      <section className="panel board-load">
        <h2>{t('board.load')}</h2>
        {counts.isPending && <Skeleton active />}
        {counts.isError && <ErrorView error={counts.error} onRetry={() => counts.refetch()} />}
        {counts.data && people.length === 0 && <p className="quiet">{t('board.no_load')}</p>}
        {people.length > 0 && (
          <Load people={people} most={Math.max(...people.map((one) => one.active + one.waiting), 1)} />
        )}
      </section>
    </div>
  );
}

function Column({
  state,
  query,
  total,
}: {
  state: State;
  query: { group?: string; assignee?: string };
  total?: number;
}) {
  const { t } = useTranslation('desk');
  const lines = useLines({ view: 'all', state, sort: 'due', limit: SHOWN, ...query });
  const items = lines.data?.items ?? [];
  const all = new URLSearchParams({ state, sort: 'due' });
  for (const [name, value] of Object.entries(query)) if (value) all.set(name, value);
  const n = total ?? (lines.data?.next ? `${SHOWN}+` : items.length);
  return (
    <section className={`board-column ${state}`} aria-label={t(`state.${state}`)}>
      <h2>
        <Link to={`/service/tickets?${all}`}>{t(`state.${state}`)}</Link>
        <span className="board-count">{lines.isPending ? '' : typeof n === 'number' ? count(n) : n}</span>
      </h2>
      {lines.isPending && <Skeleton active title={false} />}
      {lines.isError && <ErrorView error={lines.error} onRetry={() => lines.refetch()} />}
      {lines.isSuccess && items.length === 0 && <p className="quiet board-none">{t('board.none')}</p>}
      <ul>
        {items.map((row) => (
          <li key={row.id}>
            <CardOf row={row} />
          </li>
        ))}
      </ul>
      {lines.data?.next && (
        <Link className="board-more" to={`/service/tickets?${all}`}>
          {t('board.more')}
        </Link>
      )}
    </section>
  );
}

function CardOf({ row }: { row: TicketRow }) {
  const { t } = useTranslation('desk');
  return (
    <Link to={ticketPath(row.id)} className="board-card">
      <span className="board-card-head">
        <KindTag kind={row.kind} />
        {row.urgent && <UrgentMark />}
        <span className="tk-number">#{row.number}</span>
      </span>
      <b>{row.subject}</b>
      <Who row={row} />
      <span className="board-card-foot">
        {row.next_due_at && <Due at={row.next_due_at} metric={row.next_metric} />}
        <span className="quiet">{row.assignee?.name ?? t('board.nobody')}</span>
      </span>
    </Link>
  );
}

function Load({ people, most }: { people: (Lot & { staff_id: string; name: string })[]; most: number }) {
  const { t } = useTranslation('desk');
  return (
    <table className="load">
      <thead>
        <tr>
          <th scope="col">{t('field.assignee')}</th>
          <th scope="col">{t('board.tickets')}</th>
          <th scope="col" className="right">
            {t('mine.overdue')}
          </th>
          <th scope="col" className="right">
            {t('board.soon')}
          </th>
        </tr>
      </thead>
      <tbody>
        {people.map((one) => (
          <tr key={one.staff_id}>
            <th scope="row">
              <Link to={`/service/tickets?assignee=${one.staff_id}&state=${UNDONE.join(',')}`}>{one.name}</Link>
            </th>
            <td>
              <span className="load-bar" aria-hidden>
                <span className="active" style={{ width: `${(one.active / most) * 100}%` }} />
                <span className="waiting" style={{ width: `${(one.waiting / most) * 100}%` }} />
              </span>
              <span className="load-text">{t('board.load_of', { active: one.active, waiting: one.waiting })}</span>
            </td>
            <td className={`right${one.overdue > 0 ? ' tk-bad' : ''}`}>{count(one.overdue)}</td>
            <td className="right">{count(one.soon)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
