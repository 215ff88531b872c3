import { useMutation, useQueryClient } from '@tanstack/react-query';
import { App, Button, Checkbox, Segmented, Select, Skeleton } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { post } from '../../api/client';
import { messageOf } from '../../api/problem';
import { useCan } from '../../api/session';
import { said } from '../../i18n';
import { ErrorView } from '../../kit/ErrorView';
import { DayText, InstantText } from '../../kit/texts';
import { useUrlState } from '../../kit/useUrlState';
import { typing } from '../../shell/keys';
import { customer } from '../links';
import { Panel } from '../parts/Panel';
import { RankBadge } from '../parts/RankBadge';
import { type Decided, type Decision, QUEUE_KINDS, type QueueItem, type QueueKind, useQueue } from './api';
import { type Answer, DecideDialog } from './DecideDialog';
import { LevelFromTo } from './LevelFromTo';
import { More } from './More';
import { moved, tally } from './model';
import { NoLife } from './ObservationsTab';
import { useFaces } from './useFaces';
import './life.css';

const isKind = (text: string | undefined): text is QueueKind => QUEUE_KINDS.some((kind) => kind === text);
const KEYS: Record<string, Decision> = { a: 'approve', r: 'reject', l: 'lock' };

/** What approving comes to for an item. */
type Verb = 'upgrade' | 'up' | 'down' | 'check';

interface Asked {
  decision: Decision;
  ids: string[];
}

/** What waits for a person: rises to approve, borderline cases, and where RFM and the score disagree. */
export default function QueueTab() {
  const { t } = useTranslation('tiers');
  const { message, modal } = App.useApp();
  const queries = useQueryClient();
  const may = useCan()('manage_tiering');
  const [state, change] = useUrlState();
  const decided = state.state === 'decided';
  const kind = isKind(state.kind) ? state.kind : undefined;
  const queue = useQueue(kind, decided ? 'decided' : 'open');
  const { faces, faceOf } = useFaces();
  const [at, setAt] = useState(-1);
  const [picked, setPicked] = useState<string[]>([]);
  const [asked, ask] = useState<Asked>();
  const items = queue.items;
  const deciding = may && !decided;
  const chosen = picked.filter((id) => items.some((item) => item.id === id));

  const decide = useMutation({
    mutationFn: ({ decision, ids, answer }: Asked & { answer: Answer }) =>
      post<Decided>('/tiering/queue/decide', { ids, decision, ...answer }),
    onSuccess: ({ results }, { ids }) => {
      ask(undefined);
      setPicked((now) => now.filter((id) => !ids.includes(id)));
      const { done, failed } = tally(results);
      if (done > 0) void message.success(t('queue.decided', { n: done }));
      if (failed.length > 0) {
        void modal.warning({
          title: t('queue.failed', { n: failed.length }),
          content: (
            <ul>
              {failed.map((row) => (
                <li key={row.id}>
                  {items.find((item) => item.id === row.id)?.customer_name} {said(row.error)}
                </li>
              ))}
            </ul>
          ),
        });
      }
      void queries.invalidateQueries({ queryKey: ['tiering'] });
      void queries.invalidateQueries({ queryKey: ['list', '/customers'] });
    },
    onError: (error) => void message.error(messageOf(error)),
  });

  useEffect(() => {
    if (!deciding) return;
    const pressed = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || asked) return;
      const item = items[at];
      if (event.key === 'j' || event.key === 'k') setAt(moved(at, event.key, items.length));
      else if (event.key === 'x' && item)
        setPicked((now) => (now.includes(item.id) ? now.filter((id) => id !== item.id) : [...now, item.id]));
      else {
        const decision = KEYS[event.key];
        const ids = chosen.length > 0 ? chosen : item ? [item.id] : [];
        if (!decision || ids.length === 0) return;
        event.preventDefault();
        ask({ decision, ids });
      }
    };
    document.addEventListener('keydown', pressed);
    return () => document.removeEventListener('keydown', pressed);
  }, [deciding, items, at, asked, chosen]);
  useEffect(() => {
    if (at >= 0) document.querySelector('[data-queue-chosen="true"]')?.scrollIntoView({ block: 'nearest' });
  }, [at]);

  const verbOf = (item: QueueItem): Verb => {
    if (item.kind !== 'borderline') return item.kind === 'upgrade' ? 'upgrade' : 'check';
    return (faceOf(item.to_level)?.rank ?? 0) < (faceOf(item.from_level)?.rank ?? 0) ? 'down' : 'up';
  };
  const only = asked?.ids.length === 1 ? items.find((item) => item.id === asked.ids[0]) : undefined;
  return (
    <Panel
      className="narrow"
      title={t('queue.title')}
      note={t('queue.note')}
      extra={
        <div className="life-controls">
          <Select
            value={kind ?? 'all'}
            aria-label={t('queue.kind')}
            popupMatchSelectWidth={false}
            options={[
              { value: 'all', label: t('queue.all_kinds') },
              ...QUEUE_KINDS.map((value) => ({ value, label: t(`queue.kind_${value}`) })),
            ]}
            onChange={(value) => change({ kind: value === 'all' ? null : value })}
          />
          <Segmented
            value={decided ? 'decided' : 'open'}
            aria-label={t('queue.state')}
            options={[
              { value: 'open', label: t('queue.open') },
              { value: 'decided', label: t('queue.done') },
            ]}
            onChange={(value) => change({ state: value === 'decided' ? 'decided' : null })}
          />
        </div>
      }
    >
      {queue.isPending && <Skeleton active paragraph={{ rows: 6 }} />}
      {queue.isError && <ErrorView error={queue.error} onRetry={() => queue.refetch()} />}
      {queue.isSuccess && items.length === 0 && (
        <NoLife
          title={t(decided ? 'queue.none_decided' : 'queue.none')}
          note={t(decided ? 'queue.none_decided_note' : 'queue.none_note')}
        />
      )}
      {deciding && items.length > 0 && (
        <div className="queue-bar">
          <Checkbox
            checked={chosen.length === items.length}
            indeterminate={chosen.length > 0 && chosen.length < items.length}
            onChange={(event) => setPicked(event.target.checked ? items.map((item) => item.id) : [])}
          >
            {chosen.length > 0 ? t('queue.picked', { n: chosen.length }) : t('queue.pick_all')}
          </Checkbox>
          {chosen.length > 0 ? (
            <span className="queue-acts">
              <Button size="small" type="primary" onClick={() => ask({ decision: 'approve', ids: chosen })}>
                {t('queue.approve')}
              </Button>
              <Button size="small" onClick={() => ask({ decision: 'reject', ids: chosen })}>
                {t('queue.reject')}
              </Button>
            </span>
          ) : (
            <span className="quiet queue-keys">{t('queue.keys')}</span>
          )}
        </div>
      )}
      <ul className="tier-lines queue">
        {items.map((item, index) => (
          <li key={item.id} data-queue-chosen={index === at} className={index === at ? 'chosen' : undefined}>
            <div className="line-head">
              {deciding && (
                <Checkbox
                  checked={picked.includes(item.id)}
                  aria-label={t('queue.pick', { name: item.customer_name })}
                  onChange={(event) =>
                    setPicked((now) => (event.target.checked ? [...now, item.id] : now.filter((id) => id !== item.id)))
                  }
                />
              )}
              <Link to={`${customer(item.customer_id)}?tab=level`} className="who">
                {item.customer_name}
              </Link>
              <LevelFromTo from={faceOf(item.from_level)} to={faceOf(item.to_level)} />
              <span className={`queue-kind ${item.kind}`}>{t(`queue.kind_${item.kind}`)}</span>
              <span className="when">
                <DayText value={item.asked_on} />
              </span>
            </div>
            <p>{said(item.why)}</p>
            <p className="quiet queue-facts">
              {t('queue.score', { n: item.score.toFixed(1) })}
              {item.rfm > 0 && ` · RFM ${item.rfm}`}
            </p>
            <History item={item} />
            {decided && (
              <p className="queue-verdict">
                <strong>{t(`queue.state_${item.state ?? 'approved'}`)}</strong> {item.reason}{' '}
                {item.decided_at && (
                  <span className="quiet">
                    <InstantText value={item.decided_at} />
                  </span>
                )}
              </p>
            )}
            {deciding && (
              <div className="queue-acts">
                {(['approve', 'reject', 'lock'] as const).map((decision) => (
                  <Button
                    key={decision}
                    type={decision === 'approve' ? 'primary' : 'default'}
                    onClick={() => ask({ decision, ids: [item.id] })}
                  >
                    {decision === 'approve' ? t(`queue.approve_${verbOf(item)}`) : t(`queue.${decision}`)}
                    <span className="visually-hidden">{item.customer_name}</span>
                  </Button>
                ))}
              </div>
            )}
          </li>
        ))}
      </ul>
      <More pages={queue} shown={items.length} />
      {asked && (
        <DecideDialog
          open
          title={
            only
              ? t(`queue.${asked.decision}_one`, { name: only.customer_name })
              : t(`queue.${asked.decision}_many`, { n: asked.ids.length })
          }
          note={
            asked.decision === 'approve'
              ? t(only ? `queue.approve_${verbOf(only)}_note` : 'queue.approve_many_note')
              : t(`queue.${asked.decision}_note`)
          }
          ok={asked.decision === 'approve' && only ? t(`queue.approve_${verbOf(only)}`) : t(`queue.${asked.decision}`)}
          danger={asked.decision === 'reject'}
          busy={decide.isPending}
          reason={asked.decision === 'approve' ? t('queue.approve_reason') : ''}
          {...(asked.decision === 'lock'
            ? { faces, level: only?.from_level ?? only?.to_level ?? null, until: 'optional' as const }
            : {})}
          onAnswer={(answer) => decide.mutate({ ...asked, answer })}
          onClose={() => ask(undefined)}
        />
      )}
    </Panel>
  );
}

/** The last changes of this customer, so that nobody decides blindly. */
function History({ item }: { item: QueueItem }) {
  const { t } = useTranslation('tiers');
  if (!item.history?.length) return null;
  return (
    <details className="queue-history">
      <summary>{t('queue.history', { n: item.history.length })}</summary>
      <ol>
        {item.history.map((past, index) => (
          <li key={past.id ?? index}>
            <DayText value={past.as_of} /> <RankBadge rank={past.to_rank} face={past.to ?? null} />{' '}
            {past.reason && said(past.reason)}
          </li>
        ))}
      </ol>
    </details>
  );
}
