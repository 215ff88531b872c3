import { DownloadOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Button, Input, Select, Skeleton, Space, Table, Tag, Tooltip } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { get, url } from '../../api/client';
import { Chart } from '../../kit/Chart';
import { Empty } from '../../kit/Empty';
import { ErrorView } from '../../kit/ErrorView';
import { count, share } from '../../kit/format';
import { PageHeader } from '../../kit/PageHeader';
import { useLevels } from '../../kit/useLevels';
import { useUrlState } from '../../kit/useUrlState';
import '../voices/voices.css';

const BY = ['level', 'agent', 'group', 'channel', 'kind', 'topic', 'product', 'day', 'week', 'month'] as const;
type By = (typeof BY)[number];

interface Promised {
  n: number;
  median: number | null;
  p90: number | null;
  judged: number;
  met: number;
  compliance: number | null;
}

interface Row {
  key: string;
  name: string | null;
  figures: {
    opened: number;
    backlog: number;
    reopened: number;
    reopened_share: number | null;
    first_response: Promised;
    resolution: Promised;
    csat_n: number;
    csat_mean: number | null;
    visits_n: number;
    visits_share: number | null;
  };
  tickets?: Record<string, string>;
}

interface Report {
  from: string;
  to: string;
  rows: Row[];
  total: Row;
  few: number;
}

/** Whether promises are kept, by whatever one asks; every row opens its tickets. */
export default function ReportsPage() {
  const { t } = useTranslation('reports');
  const { levels } = useLevels();
  const [state, change] = useUrlState();
  const by = (BY.find((one) => one === state.by) ?? 'level') as By;
  const query = { from: state.from, to: state.to };
  const found = useQuery({
    queryKey: ['service', 'reports', by, query],
    queryFn: ({ signal }) => get<Report>(`/service/reports/${by}`, query, signal),
  });
  const name = (row: Row): string => {
    if (by === 'level') return levels.find((one) => String(one.rank) === row.key)?.name ?? t('no_level');
    if (row.name) return row.name;
    if (!row.key) return t('nobody');
    if (by === 'kind' || by === 'channel') return t(`${by}.${row.key}`);
    return row.key;
  };
  return (
    <div>
      <PageHeader
        title={t('title')}
        note={t('note')}
        extra={
          <Space wrap>
            {(['csv', 'xlsx'] as const).map((format) => (
              <Button
                key={format}
                icon={<DownloadOutlined />}
                href={url(`/service/reports/${by}/export`, { ...query, format })}
              >
                {t(format)}
              </Button>
            ))}
          </Space>
        }
      />
      <div className="voices-bar">
        <Select
          aria-label={t('by.title')}
          style={{ minWidth: 120 }}
          value={by}
          onChange={(next) => change({ by: next === 'level' ? null : next })}
          options={BY.map((value) => ({ value, label: t(`by.${value}`) }))}
        />
        {(['from', 'to'] as const).map((field) => (
          <Input
            key={field}
            type="date"
            aria-label={t(field)}
            style={{ width: 150 }}
            value={state[field] ?? found.data?.[field] ?? ''}
            onChange={(event) => change({ [field]: event.target.value })}
          />
        ))}
      </div>
      {found.isError && <ErrorView error={found.error} onRetry={() => found.refetch()} />}
      {found.isPending && <Skeleton active />}
      {found.data &&
        (found.data.total.figures.opened === 0 ? (
          <Empty title={t('none')} />
        ) : (
          <Figures report={found.data} by={by} name={name} lowest={levels[0]?.rank} />
        ))}
    </div>
  );
}

function Figures({
  report,
  by,
  name,
  lowest,
}: {
  report: Report;
  by: By;
  name: (row: Row) => string;
  lowest?: number;
}) {
  const { t } = useTranslation('reports');
  const total = { ...report.total, key: '\u0000total' };
  const few = (n: number, shown: ReactNode) =>
    n > 0 && n < report.few ? (
      <Tooltip title={t('few', { n: report.few })}>
        <span className="quiet-words">
          {shown} <small>n={n}</small>
        </span>
      </Tooltip>
    ) : (
      <>
        {shown} {n > 0 && <small className="quiet-words">n={n}</small>}
      </>
    );
  const times = (one: Promised) =>
    few(one.n, one.median === null ? '–' : `${Math.round(one.median)} / ${Math.round(one.p90 ?? 0)}`);
  const label = (row: Row) => (row === total ? t('total') : name(row));
  const to = (row: Row, more?: Record<string, string>) => {
    if (!row.tickets) return undefined;
    const asked = { ...row.tickets, ...more };
    // In an address an empty value is none.
    if (asked.product === '') asked.product = '-';
    return `/service/tickets?${new URLSearchParams(asked)}`;
  };
  const open = (row: Row, shown: ReactNode, more?: Record<string, string>) => {
    const path = to(row, more);
    return path ? <Link to={path}>{shown}</Link> : shown;
  };
  /** The share that was kept, and beside it those that were not. */
  const keptOf = (row: Row, one: Promised, what: 'response' | 'resolution') => (
    <>
      {open(row, few(one.judged, share(one.compliance)), { counted: `${what}_met` })}
      {one.judged > one.met && (
        <>
          {' · '}
          {open(row, t('missed', { n: one.judged - one.met }), { counted: `${what}_missed` })}
        </>
      )}
    </>
  );
  const kept = (pick: (row: Row) => Promised) => report.rows.map((row) => pick(row).compliance);
  const percent = (value: number | null) => (value === null ? null : Math.round(value * 1000) / 10);
  return (
    <>
      <Chart
        title={t('chart')}
        option={{
          tooltip: { trigger: 'axis' },
          legend: { bottom: 0 },
          grid: { left: 44, right: 16, top: 16, bottom: 56 },
          xAxis: { type: 'category', data: report.rows.map(name) },
          yAxis: { type: 'value', max: 100, axisLabel: { formatter: '{value}%' } },
          series: [
            {
              name: t('column.response_kept'),
              type: 'bar',
              data: kept((row) => row.figures.first_response).map(percent),
            },
            {
              name: t('column.resolution_kept'),
              type: 'bar',
              data: kept((row) => row.figures.resolution).map(percent),
            },
          ],
        }}
        table={{
          head: [t(`by.${by}`), t('column.response_kept'), t('column.resolution_kept')],
          rows: report.rows.map((row) => [
            name(row),
            share(row.figures.first_response.compliance),
            share(row.figures.resolution.compliance),
          ]),
        }}
      />
      <Table
        size="small"
        rowKey="key"
        style={{ marginTop: 16 }}
        pagination={{ pageSize: 50, hideOnSinglePage: true }}
        scroll={{ x: 1080 }}
        dataSource={[total, ...report.rows]}
        columns={[
          {
            key: 'name',
            title: t(`by.${by}`),
            fixed: 'left',
            width: 150,
            render: (_, row) => (
              <>
                {open(row, label(row))} {by === 'level' && String(lowest) === row.key && <Tag>{t('lowest')}</Tag>}
              </>
            ),
          },
          {
            key: 'opened',
            title: t('column.opened'),
            align: 'right',
            render: (_, row) => open(row, count(row.figures.opened)),
          },
          {
            key: 'backlog',
            title: t('column.backlog'),
            align: 'right',
            render: (_, row) => open(row, count(row.figures.backlog), { state: 'new,open,waiting,held' }),
          },
          {
            key: 'reopened',
            title: t('column.reopened'),
            align: 'right',
            render: (_, row) => (
              <>
                {open(row, count(row.figures.reopened), { counted: 'reopened' })} ({share(row.figures.reopened_share)})
              </>
            ),
          },
          {
            key: 'response',
            title: t('column.response'),
            align: 'right',
            render: (_, row) => open(row, times(row.figures.first_response), { counted: 'response' }),
          },
          {
            key: 'response_kept',
            title: t('column.response_kept'),
            align: 'right',
            render: (_, row) => keptOf(row, row.figures.first_response, 'response'),
          },
          {
            key: 'resolution',
            title: t('column.resolution'),
            align: 'right',
            render: (_, row) => open(row, times(row.figures.resolution), { counted: 'resolution' }),
          },
          {
            key: 'resolution_kept',
            title: t('column.resolution_kept'),
            align: 'right',
            render: (_, row) => keptOf(row, row.figures.resolution, 'resolution'),
          },
          {
            key: 'csat',
            title: t('column.csat'),
            align: 'right',
            render: (_, row) =>
              open(row, few(row.figures.csat_n, row.figures.csat_mean?.toFixed(2) ?? '–'), { counted: 'rated' }),
          },
          {
            key: 'visits',
            title: t('column.visits'),
            align: 'right',
            render: (_, row) =>
              open(row, few(row.figures.visits_n, share(row.figures.visits_share)), { counted: 'visited' }),
          },
        ]}
      />
    </>
  );
}
