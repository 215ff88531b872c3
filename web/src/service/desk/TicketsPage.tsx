import { PlusOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { type Key, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import type { Query } from '../../api/client';
import { useCan } from '../../api/session';
import { useStaff } from '../../customers/api';
import { Empty } from '../../kit/Empty';
import { type Filter, FilterBar } from '../../kit/FilterBar';
import { dayText } from '../../kit/format';
import { LevelBadge } from '../../kit/level';
import { PageHeader } from '../../kit/PageHeader';
import { type QueryColumn, QueryTable } from '../../kit/QueryTable';
import { RelativeTime } from '../../kit/texts';
import { useLevels } from '../../kit/useLevels';
import { useUrlState } from '../../kit/useUrlState';
import { useTopics } from '../voices/api';
import { useGroups } from './api';
import { BulkDialog } from './BulkDialog';
import { LiveMark } from './LiveMark';
import { ChannelText, Due, KindTag, PriorityText, StateTag, TicketLine, ticketPath, UrgentMark, Who } from './parts';
import { SavedViews } from './SavedViews';
import { CHANNELS, KINDS, PRIORITIES, STATES, type TicketRow } from './types';
import { useKeys } from './useKeys';
import { useNext } from './useNext';
import './desk.css';

/** The address's names that the server filters by. */
const FILTERS = [
  'view',
  'state',
  'kind',
  'priority',
  'level',
  'channel',
  'group',
  'assignee',
  'search',
  'urgent',
  'topic',
  'product',
  'counted',
  'opened_after',
  'opened_before',
] as const;
/** The figures of reports, as filters of the tickets that they count. */
const COUNTED = [
  'all',
  'reopened',
  'rated',
  'visited',
  'response',
  'response_met',
  'response_missed',
  'resolution',
  'resolution_met',
  'resolution_missed',
] as const;
const VIEWS = ['mine', 'unassigned', 'team', 'due', 'all'] as const;

/** In the address, where an empty value is no value. */
const NO_PRODUCT = '-';

/** The instant at which a day begins here, for a filter by day. */
const beginning = (day: string) => new Date(`${day}T00:00:00`).toISOString();

export default function TicketsPage() {
  const { t } = useTranslation('desk');
  const [state, change] = useUrlState();
  const navigate = useNavigate();
  const may = useCan()('work_tickets');
  const staff = useStaff().data ?? [];
  const groups = useGroups().data ?? [];
  const topics = useTopics().data?.items ?? [];
  const { levels } = useLevels();
  const [selected, setSelected] = useState<Key[]>([]);
  const [chosen, setChosen] = useState<TicketRow[]>([]);
  const [bulk, setBulk] = useState(false);
  const next = useNext();
  useKeys({
    n: may ? () => !next.isPending && next.mutate() : undefined,
    c: may ? () => navigate('/service/tickets/new') : undefined,
  });

  const query = useMemo(() => {
    const found: Query = { view: 'all' };
    for (const name of FILTERS) if (state[name]) found[name] = state[name];
    // Of no product: the server's word for it is an empty one.
    if (state.product === NO_PRODUCT) found.product = '';
    if (state.opened_from) found.opened_after = beginning(state.opened_from);
    if (state.opened_to) {
      const end = new Date(`${state.opened_to}T00:00:00`);
      end.setDate(end.getDate() + 1);
      found.opened_before = end.toISOString();
    }
    return found;
  }, [state]);
  const filtered = Object.keys(query).length > 1 || query.view !== 'all';
  const openOnly = state.view && state.view !== 'all';
  const sort = state.sort ?? (openOnly ? 'due' : '-opened');

  const asked = (key: string, text?: string): Filter[] =>
    state[key]
      ? [
          {
            kind: 'choice',
            key,
            label: t(`filter.${key}`),
            choices: [{ value: state[key], label: text ?? state[key] }],
          },
        ]
      : [];
  const words = <T extends string>(all: readonly T[], group: string) =>
    all.map((value) => ({ value: value as string, label: t(`${group}.${value}`) }));
  const filters: Filter[] = [
    { kind: 'choice', key: 'view', label: t('filter.view'), choices: words(VIEWS, 'view') },
    { kind: 'words', key: 'search', label: t('filter.search') },
    { kind: 'choice', key: 'state', label: t('field.state'), multiple: true, choices: words(STATES, 'state') },
    { kind: 'choice', key: 'kind', label: t('field.kind'), multiple: true, choices: words(KINDS, 'kind') },
    {
      kind: 'choice',
      key: 'priority',
      label: t('field.priority'),
      multiple: true,
      choices: words(PRIORITIES, 'priority'),
    },
    ...(levels.length
      ? [
          {
            kind: 'choice' as const,
            key: 'level',
            label: t('field.level'),
            multiple: true,
            choices: [
              ...[...levels]
                .reverse()
                .map((level) => ({ value: String(level.rank), label: <LevelBadge {...level} />, text: level.name })),
              { value: '0', label: t('kit:level.none') },
            ],
          },
        ]
      : []),
    {
      kind: 'choice',
      key: 'assignee',
      label: t('field.assignee'),
      choices: [
        { value: 'me', label: t('board.me') },
        { value: 'none', label: t('board.nobody') },
        ...staff.map((one) => ({ value: one.id, label: one.name })),
      ],
    },
    ...(groups.length
      ? [
          {
            kind: 'choice' as const,
            key: 'group',
            label: t('field.group'),
            multiple: true,
            choices: [
              ...groups.map((group) => ({ value: group.id, label: group.name })),
              ...(state.group === 'none' ? [{ value: 'none', label: t('filter.groupless') }] : []),
            ],
          },
        ]
      : []),
    { kind: 'choice', key: 'channel', label: t('field.channel'), multiple: true, choices: words(CHANNELS, 'channel') },
    { kind: 'choice', key: 'urgent', label: t('urgent.mark'), choices: [{ value: 'true', label: t('urgent.only') }] },
    { kind: 'days', label: t('field.opened'), from: 'opened_from', to: 'opened_to' },
    { kind: 'choice', key: 'counted', label: t('filter.counted'), choices: words(COUNTED, 'counted') },
    // What a report's number asks for beside that; there is nothing to choose, only to take away.
    ...asked('topic', topics.find((one) => one.id === state.topic)?.name),
    ...asked('product', state.product === NO_PRODUCT ? t('filter.productless') : state.product),
    ...asked('opened_after', state.opened_after && dayText(Date.parse(state.opened_after))),
    ...asked('opened_before', state.opened_before && dayText(Date.parse(state.opened_before))),
  ];

  const columns: QueryColumn<TicketRow>[] = [
    {
      key: 'number',
      title: '#',
      width: 64,
      always: true,
      render: (row) => <Link to={ticketPath(row.id)}>#{row.number}</Link>,
    },
    {
      key: 'subject',
      title: t('field.subject'),
      always: true,
      width: 240,
      render: (row) => (
        <span className="tk-subject">
          {row.urgent && <UrgentMark />}
          <span>{row.subject}</span>
        </span>
      ),
    },
    { key: 'who', title: t('field.customer'), width: 190, render: (row) => <Who row={row} /> },
    { key: 'kind', title: t('field.kind'), width: 72, render: (row) => <KindTag kind={row.kind} /> },
    { key: 'state', title: t('field.state'), width: 104, render: (row) => <StateTag state={row.state} /> },
    {
      key: 'due',
      title: t('field.due'),
      width: 126,
      sort: openOnly || state.state ? 'due' : undefined,
      render: (row) => <Due at={row.next_due_at} metric={row.next_metric} short />,
    },
    { key: 'assignee', title: t('field.assignee'), width: 84, render: (row) => row.assignee?.name ?? '–' },
    {
      key: 'priority',
      title: t('field.priority'),
      width: 72,
      render: (row) => <PriorityText priority={row.priority} plain />,
    },
    { key: 'group', title: t('field.group'), hidden: true, render: (row) => row.group?.name ?? '–' },
    { key: 'channel', title: t('field.channel'), hidden: true, render: (row) => <ChannelText channel={row.channel} /> },
    { key: 'product', title: t('field.product'), hidden: true, render: (row) => row.product ?? '–' },
    {
      key: 'opened',
      title: t('field.opened'),
      sort: 'opened',
      descendingFirst: true,
      width: 96,
      render: (row) => <RelativeTime value={row.opened_at} />,
    },
    {
      key: 'updated',
      title: t('field.updated'),
      sort: 'updated',
      descendingFirst: true,
      hidden: true,
      render: (row) => <RelativeTime value={row.updated_at} />,
    },
    { key: 'words', title: t('field.last_words'), hidden: true, render: (row) => row.last_words ?? '–' },
  ];

  return (
    <>
      <PageHeader
        title={t('list.title')}
        note={<LiveMark />}
        extra={
          may && (
            <Link to="/service/tickets/new">
              <Button type="primary" icon={<PlusOutlined />}>
                {t('new.button')}
              </Button>
            </Link>
          )
        }
      />
      <FilterBar filters={filters} state={state} onChange={change} />
      <QueryTable<TicketRow>
        name="tickets"
        label={t('list.title')}
        path="/tickets"
        query={query}
        sort={sort}
        // The server has one direction for each.
        onSort={(asked) => change({ sort: asked.endsWith('due') ? 'due' : `-${asked.replace(/^-/, '')}` })}
        columns={columns}
        rowKey={(row) => row.id}
        onOpen={(row) => navigate(ticketPath(row.id))}
        selected={selected}
        onSelect={
          may
            ? (ids, rows) => {
                setSelected(ids);
                setChosen(rows);
              }
            : undefined
        }
        toolbar={
          <>
            <SavedViews />
            {selected.length > 0 && (
              <>
                <span role="status">{t('bulk.selected', { n: selected.length })}</span>
                <Button type="primary" onClick={() => setBulk(true)}>
                  {t('bulk.button')}
                </Button>
                <Button type="text" onClick={() => setSelected([])}>
                  {t('bulk.none')}
                </Button>
              </>
            )}
          </>
        }
        card={(row) => <TicketLine row={row} />}
        empty={
          <Empty
            title={t(filtered ? 'list.none' : 'list.empty')}
            note={t(filtered ? 'list.none_note' : 'list.empty_note')}
            action={
              filtered ? (
                <Button onClick={() => change(Object.fromEntries(Object.keys(state).map((name) => [name, null])))}>
                  {t('kit:filter.clear')}
                </Button>
              ) : (
                may && (
                  <Link to="/service/tickets/new">
                    <Button type="primary">{t('new.button')}</Button>
                  </Link>
                )
              )
            }
          />
        }
      />
      {bulk && <BulkDialog rows={chosen} onClose={() => setBulk(false)} onDone={() => setSelected([])} />}
    </>
  );
}
