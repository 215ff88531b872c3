import { DownloadOutlined, FolderOutlined, PlusOutlined, TagsOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { type Key, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import { type Query, url } from '../api/client';
import { useCan, useSession } from '../api/session';
import { useFields } from '../fields/api';
import { FieldText } from '../fields/FieldText';
import { ownFilters } from '../fields/filters';
import { conditionOf, isFilter, type OwnField, sorts, valuesOf } from '../fields/model';
import '../fields/fields.css';
import { said } from '../i18n';
import { Empty } from '../kit/Empty';
import { type Filter, FilterBar } from '../kit/FilterBar';
import { LevelBadge, ScoreBar } from '../kit/level';
import { PageHeader } from '../kit/PageHeader';
import { type QueryColumn, QueryTable } from '../kit/QueryTable';
import { DayText, Money } from '../kit/texts';
import { useLevels } from '../kit/useLevels';
import { useUrlState } from '../kit/useUrlState';
import { ExportDialog } from '../privacy/ExportDialog';
import { type Customer, useCategories, useDepartments, useSegments, useStaff, useTags, useValueClasses } from './api';
import { BulkCategory } from './BulkCategory';
import { BulkTags } from './BulkTags';
import { CustomerForm } from './CustomerForm';
import { TagRow, TagText } from './tags';
import { Views } from './Views';
import './customers.css';

/** The address's names that are filters of the server; the rest (`sort`) is the list's own. */
const FILTERS = [
  'search',
  'level',
  'tag',
  'category',
  'owner',
  'department',
  'segment',
  'status',
  'kind',
  'rfm_group',
  'value_class',
  'city',
  'potential_min',
  'joined_after',
  'joined_before',
  'net_spend_min',
  'net_spend_max',
  'score_min',
  'score_max',
  'orders_min',
  'orders_max',
  'last_order_after',
  'last_order_before',
  'condition',
] as const;

const NONE: OwnField[] = [];

export default function CustomersPage() {
  const { t } = useTranslation('customers');
  const [state, change] = useUrlState();
  const navigate = useNavigate();
  const can = useCan();
  const { organisation, setup } = useSession();
  const { levels, byRank } = useLevels();
  const tags = useTags().data ?? [];
  const classes = useValueClasses().data ?? [];
  const categories = useCategories().data?.items ?? [];
  const staff = useStaff().data ?? [];
  const departments = useDepartments().data ?? [];
  const segments = useSegments().data ?? [];
  const own = useFields().data ?? NONE;
  const [making, setMaking] = useState(false);
  const [selected, setSelected] = useState<Key[]>([]);
  const [tagging, setTagging] = useState(false);
  const [moving, setMoving] = useState(false);
  const [exporting, setExporting] = useState(false);

  const query = useMemo(() => {
    const found: Query = {};
    for (const name of FILTERS) if (state[name]) found[name] = state[name];
    const condition = conditionOf(own, state);
    if (condition) found.condition = condition;
    return found;
  }, [state, own]);
  const filtered = Object.keys(query).length > 0;
  const names = useMemo(() => new Map(staff.map((one) => [one.id, one.name])), [staff]);
  const places = useMemo(() => new Map(departments.map((one) => [one.id, one.name])), [departments]);

  const filters: Filter[] = [
    {
      kind: 'choice',
      key: 'level',
      label: t('filter.level'),
      multiple: true,
      empty: t('filter.no_levels'),
      choices: [
        ...[...levels]
          .reverse()
          .map((level) => ({ value: String(level.rank), label: <LevelBadge {...level} />, text: level.name })),
        ...(levels.length ? [{ value: '0', label: t('kit:level.none'), text: t('kit:level.none') }] : []),
      ],
    },
    {
      kind: 'choice',
      key: 'tag',
      label: t('filter.tag'),
      multiple: true,
      empty: t('filter.no_tags'),
      choices: [...tags, ...classes].map((tag) => ({ value: tag.id, label: <TagText tag={tag} />, text: tag.name })),
    },
    ...(categories.length
      ? [
          {
            kind: 'choice' as const,
            key: 'category',
            label: t('filter.category'),
            multiple: true,
            choices: [
              ...categories.map((one) => ({ value: one.id, label: <TagText tag={one} />, text: one.name })),
              { value: 'none', label: t('category.none'), text: t('category.none') },
            ],
          },
        ]
      : []),
    { kind: 'numbers', label: t('filter.net_spend'), from: 'net_spend_min', to: 'net_spend_max' },
    { kind: 'days', label: t('filter.last_order'), from: 'last_order_after', to: 'last_order_before' },
    { kind: 'numbers', label: t('filter.score'), from: 'score_min', to: 'score_max' },
    { kind: 'numbers', label: t('filter.orders'), from: 'orders_min', to: 'orders_max' },
    ...(segments.length
      ? [
          {
            kind: 'choice' as const,
            key: 'segment',
            label: t('filter.segment'),
            choices: segments.map((segment) => ({ value: segment.id, label: segment.name })),
          },
        ]
      : []),
    ...(staff.length
      ? [
          {
            kind: 'choice' as const,
            key: 'owner',
            label: t('filter.owner'),
            multiple: true,
            choices: staff.map((one) => ({ value: one.id, label: one.name })),
          },
        ]
      : []),
    ...(departments.length
      ? [
          {
            kind: 'choice' as const,
            key: 'department',
            label: t('filter.department'),
            multiple: true,
            choices: departments.map((one) => ({ value: one.id, label: one.path_text ?? one.name, text: one.name })),
          },
        ]
      : []),
    {
      kind: 'choice',
      key: 'kind',
      label: t('filter.kind'),
      choices: [
        { value: 'person', label: t('kind.person') },
        { value: 'company', label: t('kind.company') },
      ],
    },
    {
      kind: 'choice',
      key: 'status',
      label: t('filter.status'),
      choices: [
        { value: 'active', label: t('status.active') },
        { value: 'archived', label: t('status.archived') },
        { value: 'all', label: t('status.all') },
      ],
    },
    ...ownFilters(own, t, staff, state),
  ];

  const level = (row: Customer) => <LevelBadge {...byRank.get(row.level_rank)} rank={row.level_rank} />;
  const columns: QueryColumn<Customer>[] = [
    {
      key: 'name',
      title: t('column.name'),
      sort: 'name',
      always: true,
      width: 200,
      render: (row) => (
        <span className="name-cell">
          <Link to={`/customers/${row.id}`}>{row.name}</Link>
          {row.status === 'archived' && <span className="quiet">{t('status.archived')}</span>}
        </span>
      ),
    },
    { key: 'level', title: t('column.level'), sort: 'level', descendingFirst: true, render: level, width: 112 },
    {
      key: 'score',
      title: t('column.score'),
      sort: 'score',
      descendingFirst: true,
      width: 132,
      render: (row) => <ScoreBar value={row.score} />,
    },
    {
      key: 'net_spend',
      title: t('column.net_spend'),
      sort: 'net_spend',
      descendingFirst: true,
      align: 'right',
      width: 128,
      render: (row) => <Money value={row.net_spend} />,
    },
    {
      key: 'orders',
      title: t('column.orders'),
      sort: 'orders',
      descendingFirst: true,
      align: 'right',
      width: 80,
      render: (row) => <span className="number">{row.orders}</span>,
    },
    {
      key: 'last_order_day',
      title: t('column.last_order'),
      sort: 'last_order_day',
      descendingFirst: true,
      width: 120,
      render: (row) => <DayText value={row.last_order_day} />,
    },
    {
      key: 'rfm',
      title: 'RFM',
      width: 70,
      render: (row) => (row.rfm ? <span className="number">{row.rfm}</span> : '–'),
    },
    { key: 'tags', title: t('column.tags'), width: 140, render: (row) => <TagRow tags={row.tags ?? []} /> },
    {
      key: 'category',
      title: t('column.category'),
      width: 112,
      hidden: categories.length === 0,
      render: (row) => {
        const category = categories.find((one) => one.id === row.category_id);
        return category ? <TagText tag={category} /> : '–';
      },
    },
    {
      key: 'value_classes',
      title: t('column.value_classes'),
      width: 140,
      hidden: true,
      render: (row) => <TagRow tags={row.value_classes} />,
    },
    {
      key: 'owner',
      title: t('column.owner'),
      width: 92,
      hidden: staff.length === 0,
      render: (row) => (row.owner_id && names.get(row.owner_id)) || '–',
    },
    {
      key: 'department',
      title: t('column.department'),
      hidden: true,
      render: (row) => (row.department_id && places.get(row.department_id)) || '–',
    },
    { key: 'city', title: t('column.city'), hidden: true, render: (row) => row.city || row.region || '–' },
    {
      key: 'potential',
      title: t('column.potential'),
      hidden: true,
      align: 'right',
      render: (row) =>
        row.potential === null || row.potential === undefined ? '–' : `${Math.round(row.potential * 100)}%`,
    },
    { key: 'joined', title: t('column.joined'), hidden: true, render: (row) => <DayText value={row.joined_day} /> },
    ...own.map(
      (field): QueryColumn<Customer> => ({
        key: `field.${field.key}`,
        title: said(field.label),
        hidden: true,
        sort: sorts(field.kind) ? `field.${field.key}` : undefined,
        descendingFirst: field.kind === 'number' || field.kind === 'money',
        align: field.kind === 'number' || field.kind === 'money' ? 'right' : undefined,
        render: (row) => {
          const value = valuesOf(row)[field.key];
          return value === undefined ? '–' : <FieldText field={field} value={value} />;
        },
      }),
    ),
  ];

  return (
    <>
      <PageHeader
        title={t('common:room.customers')}
        extra={
          can('edit_customers') && (
            <Button type="primary" icon={<PlusOutlined />} onClick={() => setMaking(true)}>
              {t('new')}
            </Button>
          )
        }
      />
      <FilterBar filters={filters} state={state} onChange={change} />
      <QueryTable<Customer>
        name="customers"
        label={t('common:room.customers')}
        path="/customers"
        countPath="/customers/count"
        countText={(n) => t('count', { n })}
        query={query}
        sort={state.sort ?? '-level'}
        onSort={(sort) => change({ sort })}
        columns={columns}
        rowKey={(row) => row.id}
        onOpen={(row) => navigate(`/customers/${row.id}`)}
        selected={selected}
        onSelect={can('edit_customers') ? setSelected : undefined}
        toolbar={
          <>
            <Views list="customers" />
            {can('export_customers') && (
              <Button icon={<DownloadOutlined />} onClick={() => setExporting(true)}>
                {t('privacy:export.action')}
              </Button>
            )}
            {can('edit_customers') && categories.length > 0 && (
              <Button icon={<FolderOutlined />} onClick={() => setMoving(true)}>
                {t('bulk.category')}
              </Button>
            )}
            {selected.length > 0 && (
              <>
                <span role="status">{t('bulk.selected', { n: selected.length })}</span>
                <Button icon={<TagsOutlined />} onClick={() => setTagging(true)}>
                  {t('bulk.tags')}
                </Button>
                <Button type="text" onClick={() => setSelected([])}>
                  {t('bulk.none')}
                </Button>
              </>
            )}
          </>
        }
        card={(row) => (
          <Link to={`/customers/${row.id}`}>
            <span className="card-line">
              <b>{row.name}</b>
              {level(row)}
            </span>
            <span className="card-line quiet">
              <span>
                <Money value={row.net_spend} digits={0} /> · {t('orders_n', { count: row.orders })}
              </span>
              <span>
                <DayText value={row.last_order_day} />
              </span>
            </span>
            {(row.tags?.length > 0 || row.score !== null) && (
              <span className="card-line">
                <ScoreBar value={row.score} label={t('column.score')} />
                <TagRow tags={row.tags ?? []} most={2} />
              </span>
            )}
          </Link>
        )}
        empty={
          filtered ? (
            <Empty
              title={t('empty.filtered')}
              note={t('empty.filtered_note')}
              action={
                <Button
                  onClick={() =>
                    change(
                      Object.fromEntries(
                        [...FILTERS, ...Object.keys(state).filter(isFilter)].map((name) => [name, null]),
                      ),
                    )
                  }
                >
                  {t('kit:filter.clear')}
                </Button>
              }
            />
          ) : (
            <Empty
              title={t('empty.title', { name: organisation.name })}
              note={setup.customers > 0 ? t('empty.scope') : t('empty.note')}
              action={
                <>
                  {can('import_customers') && (
                    <Link to="/customers/imports/new">
                      <Button type="primary">{t('empty.import')}</Button>
                    </Link>
                  )}
                  {can('edit_customers') && <Button onClick={() => setMaking(true)}>{t('new')}</Button>}
                </>
              }
            />
          )
        }
      />
      <CustomerForm open={making} onClose={() => setMaking(false)} onDone={(id) => navigate(`/customers/${id}`)} />
      {exporting && (
        <ExportDialog
          filters={url('', { ...query, sort: state.sort ?? '-level' }).split('?')[1] ?? ''}
          onClose={() => setExporting(false)}
        />
      )}
      <BulkCategory
        open={moving}
        ids={selected.map(String)}
        query={query}
        onClose={() => setMoving(false)}
        onDone={() => {
          setMoving(false);
          setSelected([]);
        }}
      />
      <BulkTags
        open={tagging}
        ids={selected.map(String)}
        onClose={() => setTagging(false)}
        onDone={() => {
          setTagging(false);
          setSelected([]);
        }}
      />
    </>
  );
}
