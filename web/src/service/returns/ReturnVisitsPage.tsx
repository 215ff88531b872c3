import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import {
  App,
  Button,
  Checkbox,
  Grid,
  Input,
  InputNumber,
  Modal,
  Radio,
  Segmented,
  Select,
  Skeleton,
  Space,
  Table,
  Tag,
} from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { get, type Page, patch, put } from '../../api/client';
import { messageOf } from '../../api/problem';
import { useCan } from '../../api/session';
import { Empty } from '../../kit/Empty';
import { ErrorView } from '../../kit/ErrorView';
import { instantText } from '../../kit/format';
import { LevelBadge } from '../../kit/level';
import { PageHeader } from '../../kit/PageHeader';
import { useLevels } from '../../kit/useLevels';
import { useUrlState } from '../../kit/useUrlState';
import '../voices/voices.css';

const STATES = ['open', 'done', 'cancelled'] as const;
const RESULTS = ['reached', 'unreached', 'refused'] as const;
const KINDS = ['complaint', 'suggestion', 'question', 'praise'] as const;

interface Visit {
  id: string;
  ticket_id: string;
  number: number;
  subject: string;
  level_rank: number;
  customer_name: string | null;
  state: (typeof STATES)[number];
  staff_name: string | null;
  solved_at: string;
  due_at: string;
  result: (typeof RESULTS)[number] | null;
  satisfaction: number | null;
  note: string | null;
  version: number;
}

interface Rule {
  levels: number[];
  kinds: (typeof KINDS)[number][];
  days: number;
  who: 'assignee' | 'manager';
}

/** Whom to ask whether it was really solved, and what they said. */
export default function ReturnVisitsPage() {
  const { t } = useTranslation('returns');
  const can = useCan();
  const phone = !Grid.useBreakpoint().md;
  const [state, change] = useUrlState();
  const [recording, record] = useState<Visit>();
  const [ruling, rule] = useState(false);
  const query = { state: state.state ?? 'open', staff: state.mine ? 'me' : undefined };
  const pages = useInfiniteQuery({
    queryKey: ['service', 'return-visits', query],
    queryFn: ({ pageParam, signal }) => get<Page<Visit>>('/return-visits', { ...query, after: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next ?? undefined,
  });
  const items = pages.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <div>
      <PageHeader
        title={t('title')}
        note={t('note')}
        extra={can('manage_service') && <Button onClick={() => rule(true)}>{t('rules')}</Button>}
      />
      <div className="voices-bar">
        <Segmented
          aria-label={t('title')}
          value={query.state}
          onChange={(next) => change({ state: next === 'open' ? null : next })}
          options={STATES.map((value) => ({ value, label: t(`state.${value}`) }))}
        />
        <Checkbox checked={!!state.mine} onChange={(event) => change({ mine: event.target.checked ? '1' : null })}>
          {t('mine')}
        </Checkbox>
      </div>
      {pages.isError && <ErrorView error={pages.error} onRetry={() => pages.refetch()} />}
      {pages.isPending && <Skeleton active />}
      {pages.data && items.length === 0 && <Empty title={t('none')} note={t('none_note')} />}
      {items.length > 0 &&
        (phone ? <Cards items={items} onRecord={record} /> : <Rows items={items} onRecord={record} />)}
      {pages.hasNextPage && <Button onClick={() => pages.fetchNextPage()}>{t('more')}</Button>}
      {recording && <RecordDialog visit={recording} onClose={() => record(undefined)} />}
      {ruling && <RulesDialog onClose={() => rule(false)} />}
    </div>
  );
}

interface ListProps {
  items: Visit[];
  onRecord: (visit: Visit) => void;
}

function Due({ visit }: { visit: Visit }) {
  const { t } = useTranslation('returns');
  const late = visit.state === 'open' && Date.parse(visit.due_at) < Date.now();
  return (
    <>
      {instantText(visit.due_at)} {late && <Tag color="error">{t('overdue')}</Tag>}
    </>
  );
}

function Who({ visit }: { visit: Visit }) {
  const { byRank } = useLevels();
  return (
    <>
      {visit.customer_name ?? '–'} <LevelBadge {...byRank.get(visit.level_rank)} />
    </>
  );
}

/** What came of it, or the button that takes it down. */
function Came({ visit, onRecord }: { visit: Visit; onRecord: (visit: Visit) => void }) {
  const { t } = useTranslation('returns');
  const may = useCan()('work_tickets');
  if (visit.result) {
    const score = visit.satisfaction ? t('score', { n: visit.satisfaction }) : undefined;
    return (
      <>
        {[t(`result.${visit.result}`), score].filter(Boolean).join(' · ')}
        {visit.note && <div className="quiet-words">{visit.note}</div>}
      </>
    );
  }
  if (visit.state !== 'open' || !may) return null;
  return (
    <Button size="small" type="primary" onClick={() => onRecord(visit)}>
      {t('record')}
    </Button>
  );
}

const Ticket = ({ visit }: { visit: Visit }) => (
  <Link to={`/service/tickets/${visit.ticket_id}`}>
    #{visit.number} {visit.subject}
  </Link>
);

function Rows({ items, onRecord }: ListProps) {
  const { t } = useTranslation('returns');
  return (
    <Table
      size="small"
      rowKey="id"
      dataSource={items}
      pagination={false}
      scroll={{ x: 760 }}
      columns={[
        { key: 'ticket', title: t('ticket'), render: (_, one) => <Ticket visit={one} /> },
        { key: 'customer', title: t('customer'), render: (_, one) => <Who visit={one} /> },
        { key: 'solved', title: t('solved'), render: (_, one) => instantText(one.solved_at) },
        { key: 'due', title: t('due'), render: (_, one) => <Due visit={one} /> },
        { key: 'staff', title: t('staff'), render: (_, one) => one.staff_name ?? '–' },
        { key: 'result', title: t('result.title'), render: (_, one) => <Came visit={one} onRecord={onRecord} /> },
      ]}
    />
  );
}

/** On a phone each visit is a card: who, what it was about, by when, and the button under the thumb. */
function Cards({ items, onRecord }: ListProps) {
  const { t } = useTranslation('returns');
  return (
    <ul className="return-cards">
      {items.map((one) => (
        <li key={one.id} className="voices-card">
          <div className="return-head">
            <Who visit={one} />
          </div>
          <Ticket visit={one} />
          <div className="quiet-words">
            {t('due')} <Due visit={one} /> · {one.staff_name ?? '–'}
          </div>
          <Came visit={one} onRecord={onRecord} />
        </li>
      ))}
    </ul>
  );
}

function RecordDialog({ visit, onClose }: { visit: Visit; onClose: () => void }) {
  const { t } = useTranslation('returns');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [result, setResult] = useState<(typeof RESULTS)[number]>('reached');
  const [satisfaction, setSatisfaction] = useState<number>();
  const [note, setNote] = useState('');
  const save = useMutation({
    mutationFn: () =>
      patch(
        `/return-visits/${visit.id}`,
        { result, note: note || undefined, ...(result === 'reached' ? { satisfaction } : {}) },
        { version: visit.version },
      ),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['service', 'return-visits'] });
      onClose();
    },
    onError: (error) => void message.error(messageOf(error)),
  });
  return (
    <Modal
      open
      title={`${t('record')} #${visit.number}`}
      onCancel={onClose}
      onOk={() => save.mutate()}
      confirmLoading={save.isPending}
      okButtonProps={{ disabled: result === 'reached' && !satisfaction }}
      okText={t('common:action.save')}
      cancelText={t('common:action.cancel')}
    >
      <div style={{ display: 'grid', gap: 12 }}>
        <Radio.Group
          value={result}
          onChange={(event) => setResult(event.target.value)}
          options={RESULTS.map((value) => ({ value, label: t(`result.${value}`) }))}
        />
        {result === 'reached' && (
          <div>
            <div>{t('satisfaction')}</div>
            <Segmented
              aria-label={t('satisfaction')}
              value={satisfaction ?? 0}
              onChange={(value) => setSatisfaction(Number(value))}
              options={[1, 2, 3, 4, 5].map((value) => ({ value, label: String(value) }))}
            />
          </div>
        )}
        <Input.TextArea
          aria-label={t('words')}
          placeholder={t('words')}
          rows={3}
          maxLength={2000}
          value={note}
          onChange={(event) => setNote(event.target.value)}
        />
      </div>
    </Modal>
  );
}

function RulesDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('returns');
  const found = useQuery({
    queryKey: ['service', 'return-visit-rules'],
    queryFn: ({ signal }) => get<{ rules: Rule[] }>('/return-visit-rules', undefined, signal),
  });
  if (found.isError) return <ErrorView error={found.error} onRetry={() => found.refetch()} />;
  if (!found.data) return <Modal open title={t('rules')} footer={null} onCancel={onClose} loading />;
  return <RulesForm rules={found.data.rules} onClose={onClose} />;
}

function RulesForm({ rules: stored, onClose }: { rules: Rule[]; onClose: () => void }) {
  const { t } = useTranslation('returns');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const { levels } = useLevels();
  const [rules, setRules] = useState(() => stored.map((rule, id) => ({ ...rule, id })));
  const save = useMutation({
    mutationFn: () => put('/return-visit-rules', { rules: rules.map(({ id: _, ...rule }) => rule) }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['service', 'return-visit-rules'] });
      onClose();
    },
    onError: (error) => void message.error(messageOf(error)),
  });
  const set = (id: number, to: Partial<Rule>) =>
    setRules((now) => now.map((rule) => (rule.id === id ? { ...rule, ...to } : rule)));
  return (
    <Modal
      open
      width={640}
      title={t('rules')}
      onCancel={onClose}
      onOk={() => save.mutate()}
      confirmLoading={save.isPending}
      okText={t('common:action.save')}
      cancelText={t('common:action.cancel')}
    >
      <p className="quiet-words">{t('rules_note')}</p>
      {rules.map((rule) => (
        <div key={rule.id} className="voice-rule">
          <Select
            mode="multiple"
            aria-label={t('levels')}
            placeholder={t('levels')}
            value={rule.levels}
            onChange={(ranks) => set(rule.id, { levels: ranks })}
            options={levels.map((one) => ({ value: one.rank, label: one.name }))}
          />
          <Select
            mode="multiple"
            aria-label={t('kinds')}
            placeholder={t('kinds')}
            value={rule.kinds}
            onChange={(kinds) => set(rule.id, { kinds })}
            options={KINDS.map((value) => ({ value, label: t(`kind.${value}`) }))}
          />
          <Space wrap>
            <InputNumber
              aria-label={t('days')}
              min={0}
              max={30}
              value={rule.days}
              onChange={(days) => set(rule.id, { days: days ?? 0 })}
            />
            {t('days')}
            <Select
              aria-label={t('who.title')}
              value={rule.who}
              onChange={(who) => set(rule.id, { who })}
              options={(['assignee', 'manager'] as const).map((value) => ({ value, label: t(`who.${value}`) }))}
            />
            <Button type="text" onClick={() => setRules((now) => now.filter((one) => one.id !== rule.id))}>
              {t('remove')}
            </Button>
          </Space>
        </div>
      ))}
      <Button
        onClick={() =>
          setRules((now) => [
            ...now,
            { id: Math.max(0, ...now.map((one) => one.id)) + 1, levels: [], kinds: [], days: 3, who: 'assignee' },
          ])
        }
      >
        {t('add')}
      </Button>
    </Modal>
  );
}
