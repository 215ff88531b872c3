import { Button, Input, Segmented, Select, Skeleton, Table, Tabs } from 'antd';
import { useTranslation } from 'react-i18next';
import { Chart } from '../../kit/Chart';
import { Empty } from '../../kit/Empty';
import { ErrorView } from '../../kit/ErrorView';
import { count, share } from '../../kit/format';
import { PageHeader } from '../../kit/PageHeader';
import { useLevels } from '../../kit/useLevels';
import { type UrlState, useUrlState } from '../../kit/useUrlState';
import { type Feelings, SENTIMENTS, type Topic, type Trend, useTopics, useTrend, whole } from './api';
import { Said } from './Said';
import { Topics } from './Topics';
import './voices.css';

type Change = (change: Record<string, string | null | undefined>) => void;

/** What customers say: how it goes, in their words, and the rules of the topics. */
export default function VoicesPage() {
  const { t } = useTranslation('voices');
  const [state, change] = useUrlState();
  const topics = useTopics();
  const known = topics.data?.items ?? [];
  return (
    <div>
      <PageHeader title={t('title')} note={t('note')} />
      <Tabs
        activeKey={state.tab ?? 'trend'}
        onChange={(tab) => change({ tab: tab === 'trend' ? null : tab })}
        items={[
          {
            key: 'trend',
            label: t('tab.trend'),
            children: <TrendTab state={state} change={change} topics={known} />,
          },
          {
            key: 'said',
            label: t('tab.said'),
            children: (
              <>
                <Bar state={state} change={change} topics={known} feelings />
                <Said query={asked(state, true)} topics={known} />
              </>
            ),
          },
          { key: 'topics', label: t('tab.topics'), children: <Topics /> },
        ]}
        destroyOnHidden
      />
    </div>
  );
}

function asked(state: UrlState, feelings = false) {
  const { topic, level, product, from, to, sentiment } = state;
  return { topic, level, product, from, to, ...(feelings ? { sentiment } : {}) };
}

function Bar({
  state,
  change,
  topics,
  feelings,
}: {
  state: UrlState;
  change: Change;
  topics: Topic[];
  feelings?: boolean;
}) {
  const { t } = useTranslation('voices');
  const { levels } = useLevels();
  return (
    <div className="voices-bar">
      <Select
        aria-label={t('topic')}
        allowClear
        placeholder={t('all.topics')}
        style={{ minWidth: 150 }}
        value={state.topic}
        onChange={(topic) => change({ topic })}
        options={topics.map((one) => ({ value: one.id, label: one.name }))}
      />
      <Select
        aria-label={t('chart.level_name')}
        allowClear
        placeholder={t('all.levels')}
        style={{ minWidth: 130 }}
        value={state.level}
        onChange={(level) => change({ level })}
        options={[
          ...levels.map((one) => ({ value: String(one.rank), label: one.name })),
          { value: '0', label: t('no_level') },
        ]}
      />
      {feelings && (
        <Select
          aria-label={t('all.sentiments')}
          allowClear
          placeholder={t('all.sentiments')}
          style={{ minWidth: 120 }}
          value={state.sentiment}
          onChange={(sentiment) => change({ sentiment })}
          options={SENTIMENTS.map((one) => ({ value: one, label: t(`sentiment.${one}`) }))}
        />
      )}
      <Input.Search
        aria-label={t('product')}
        allowClear
        placeholder={t('all.products')}
        style={{ width: 150 }}
        defaultValue={state.product}
        onSearch={(product) => change({ product })}
      />
      {(['from', 'to'] as const).map((name) => (
        <Input
          key={name}
          type="date"
          aria-label={t(name)}
          style={{ width: 150 }}
          value={state[name] ?? ''}
          onChange={(event) => change({ [name]: event.target.value })}
        />
      ))}
    </div>
  );
}

function TrendTab({ state, change, topics }: { state: UrlState; change: Change; topics: Topic[] }) {
  const { t } = useTranslation('voices');
  const step = state.step ?? 'week';
  const found = useTrend({ ...asked(state), step });
  return (
    <>
      <Bar state={state} change={change} topics={topics} />
      <Segmented
        aria-label={t('chart.day')}
        value={step}
        onChange={(next) => change({ step: next === 'week' ? null : next })}
        options={(['day', 'week', 'month'] as const).map((value) => ({ value, label: t(`step.${value}`) }))}
        style={{ marginBottom: 16 }}
      />
      {found.isError && <ErrorView error={found.error} onRetry={() => found.refetch()} />}
      {found.isPending && <Skeleton active />}
      {found.data &&
        (found.data.points.length === 0 ? (
          <Empty title={t('none')} note={t('none_note')} />
        ) : (
          <Pictures trend={found.data} change={change} topics={topics} />
        ))}
    </>
  );
}

const COLOURS = { positive: '#2f9e63', neutral: '#9aa3af', negative: '#d4483b' };

function summed<Key>(points: Trend['points'], key: (point: Trend['points'][number]) => Key): Map<Key, Feelings> {
  const all = new Map<Key, Feelings>();
  for (const point of points) {
    const one = all.get(key(point)) ?? { positive: 0, neutral: 0, negative: 0 };
    for (const name of SENTIMENTS) one[name] += point[name];
    all.set(key(point), one);
  }
  return all;
}

function Pictures({ trend, change, topics }: { trend: Trend; change: Change; topics: Topic[] }) {
  const { t } = useTranslation('voices');
  const { byRank } = useLevels();
  const level = (rank: number) => byRank.get(rank)?.name ?? t('no_level');
  const days = [...summed(trend.points, (point) => point.day)].sort(([a], [b]) => a.localeCompare(b));
  const ranks = [...summed(trend.points, (point) => point.level_rank)].sort(([a], [b]) => a - b);
  const picture = (names: string[], rows: Feelings[], type: 'line' | 'bar') => ({
    tooltip: { trigger: 'axis' },
    legend: { bottom: 0 },
    grid: { left: 40, right: 16, top: 16, bottom: 56 },
    xAxis: { type: 'category', data: names },
    yAxis: { type: 'value', minInterval: 1 },
    series: SENTIMENTS.map((name) => ({
      name: t(`sentiment.${name}`),
      type,
      stack: type === 'bar' ? 'all' : undefined,
      color: COLOURS[name],
      data: rows.map((row) => row[name]),
    })),
  });
  const head = [...SENTIMENTS.map((name) => t(`sentiment.${name}`)), t('chart.share')];
  const cells = (one: Feelings) => [
    ...SENTIMENTS.map((name) => count(one[name])),
    share(whole(one) ? one.negative / whole(one) : null),
  ];
  const columns = (title: string, names: Map<string, string>, param: string) => [
    {
      key: 'key',
      title,
      render: (_: unknown, row: Feelings & { key: string }) => (
        <Button
          type="link"
          size="small"
          style={{ padding: 0, whiteSpace: 'normal', textAlign: 'start', height: 'auto' }}
          onClick={() => change({ [param]: row.key, tab: 'said' })}
        >
          {names.get(row.key) ?? row.key}
        </Button>
      ),
    },
    {
      key: 'all',
      title: t('total'),
      align: 'right' as const,
      render: (_: unknown, row: Feelings) => count(whole(row)),
    },
    {
      key: 'negative',
      title: t('chart.share'),
      align: 'right' as const,
      render: (_: unknown, row: Feelings) => share(whole(row) ? row.negative / whole(row) : null),
    },
  ];
  const names = new Map(topics.map((one) => [one.id, one.name]));
  return (
    <div className="voices-grid">
      <section className="voices-card">
        <h2>{t('chart.time')}</h2>
        <Chart
          title={t('chart.time')}
          option={picture(
            days.map(([day]) => day),
            days.map(([, one]) => one),
            'line',
          )}
          table={{ head: [t('chart.day'), ...head], rows: days.map(([day, one]) => [day, ...cells(one)]) }}
        />
      </section>
      <section className="voices-card">
        <h2>{t('chart.level')}</h2>
        <Chart
          title={t('chart.level')}
          option={picture(
            ranks.map(([rank]) => level(rank)),
            ranks.map(([, one]) => one),
            'bar',
          )}
          table={{
            head: [t('chart.level_name'), ...head],
            rows: ranks.map(([rank, one]) => [level(rank), ...cells(one)]),
          }}
          onPick={({ dataIndex }) => change({ level: String(ranks[dataIndex]?.[0] ?? 0), tab: 'said' })}
        />
      </section>
      <section className="voices-card">
        <h2>{t('topic')}</h2>
        <Table
          size="small"
          rowKey="key"
          pagination={false}
          dataSource={trend.topics}
          columns={columns(t('topic'), names, 'topic')}
        />
      </section>
      <section className="voices-card">
        <h2>{t('product')}</h2>
        <Table
          size="small"
          rowKey="key"
          pagination={false}
          dataSource={trend.products}
          columns={columns(t('product'), new Map(), 'product')}
        />
      </section>
      <section className="voices-card">
        <h2>{t('rising')}</h2>
        <p className="quiet-words">{t('rising_note')}</p>
        {trend.rising.length === 0 && <p>{t('rising_none')}</p>}
        <ul>
          {trend.rising.map((one) => (
            <li key={one.term}>
              {one.term} <span className="quiet-words">{t('times', { n: one.voices, before: one.before })}</span>
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}
