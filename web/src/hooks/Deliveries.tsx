import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { App, Button, Segmented, Skeleton, Tag } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get, type Page, post } from '../api/client';
import { messageOf } from '../api/problem';
import { said } from '../i18n';
import { ErrorView } from '../kit/ErrorView';
import { InstantText, RelativeTime } from '../kit/texts';
import type { Delivery, DeliveryDetail, DeliveryState, EventKind } from './api';

const colours: Record<DeliveryState, string> = { pending: 'processing', delivered: 'success', dead: 'error' };

/** What was told, the newest first. */
export function Deliveries({ id, kinds }: { id: string; kinds: EventKind[] }) {
  const { t } = useTranslation('hooks');
  const [state, setState] = useState<DeliveryState | 'all'>('all');
  const [open, setOpen] = useState<string>();
  const list = useInfiniteQuery({
    queryKey: ['webhooks', id, 'deliveries', state],
    queryFn: ({ signal, pageParam }) =>
      get<Page<Delivery>>(
        `/webhooks/${id}/deliveries`,
        { state: state === 'all' ? undefined : state, limit: 20, after: pageParam },
        signal,
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
    refetchInterval: 5_000,
  });
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  const nameOf = (type: string) => said(kinds.find((kind) => kind.type === type)?.text) || type;
  return (
    <section>
      <div className="wh-head">
        <h3>{t('deliveries')}</h3>
        <Segmented
          value={state}
          onChange={setState}
          options={(['all', 'pending', 'dead'] as const).map((value) => ({ value, label: t(`state.${value}`) }))}
        />
      </div>
      {list.isPending && <Skeleton active />}
      {list.isError && <ErrorView error={list.error} onRetry={() => list.refetch()} />}
      {list.data && items.length === 0 && <p className="quiet">{t('no_deliveries')}</p>}
      <ul className="wh-list">
        {items.map((one) => (
          <li key={one.event_id}>
            <button
              type="button"
              className="wh-line"
              aria-expanded={open === one.event_id}
              onClick={() => setOpen(open === one.event_id ? undefined : one.event_id)}
            >
              <span>{nameOf(one.type)}</span>
              <span>
                <Tag color={colours[one.state]}>{t(`state.${one.state}`)}</Tag>
                {one.state !== 'delivered' && one.problem && <Why status={one.status} problem={one.problem} />}
              </span>
              <span className="quiet">
                <RelativeTime value={one.at} />
              </span>
            </button>
            {open === one.event_id && <Detail webhook={id} event={one.event_id} />}
          </li>
        ))}
      </ul>
      {list.hasNextPage && (
        <Button loading={list.isFetchingNextPage} onClick={() => list.fetchNextPage()}>
          {t('more')}
        </Button>
      )}
    </section>
  );
}

function Why({ status, problem }: { status: number | null; problem: string }) {
  const { t } = useTranslation('hooks');
  return <span className="quiet">{problem === 'status' ? `HTTP ${status}` : t(`problem.${problem}`)}</span>;
}

function Detail({ webhook, event }: { webhook: string; event: string }) {
  const { t } = useTranslation('hooks');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const path = `/webhooks/${webhook}/deliveries/${event}`;
  const detail = useQuery({
    queryKey: ['webhooks', webhook, 'delivery', event],
    queryFn: ({ signal }) => get<DeliveryDetail>(path, undefined, signal),
    refetchInterval: 5_000,
  });
  const again = useMutation({
    mutationFn: () => post(`${path}/replay`),
    onSuccess: () => {
      void message.success(t('again_sent'));
      void queries.invalidateQueries({ queryKey: ['webhooks'] });
    },
    onError: (error) => void message.error(messageOf(error)),
  });
  if (!detail.data) return <Skeleton active />;
  const one = detail.data;
  return (
    <div className="wh-detail">
      {one.due_at && (
        <p className="quiet">
          {t('due')} <InstantText value={one.due_at} />
        </p>
      )}
      <ul className="wh-calls">
        {one.calls.map((call) => (
          <li key={call.attempt}>
            <InstantText value={call.at} /> · {call.status ? `HTTP ${call.status}` : t(`problem.${call.problem}`)}
            {call.problem === 'redirected' && ` · ${t('problem.redirected')}`} · {t('ms', { n: call.took_ms })}
            {call.answer && <code className="wh-answer">{call.answer}</code>}
          </li>
        ))}
      </ul>
      <pre>{JSON.stringify(one.body, null, 2)}</pre>
      <Button size="small" loading={again.isPending} onClick={() => again.mutate()}>
        {t('again')}
      </Button>
    </div>
  );
}
