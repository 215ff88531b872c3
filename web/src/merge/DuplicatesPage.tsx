import { useMutation, useQueryClient } from '@tanstack/react-query';
import { App, Button, Segmented, Select, Skeleton, Tag } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { post } from '../api/client';
import { messageOf } from '../api/problem';
import { said } from '../i18n';
import { Empty } from '../kit/Empty';
import { ErrorView } from '../kit/ErrorView';
import { PageHeader } from '../kit/PageHeader';
import { useUrlState } from '../kit/useUrlState';
import { BY, LIKENESS, type Pair, useDuplicates } from './api';
import { MergeDialog } from './MergeDialog';
import './merge.css';

/** Customers who may be one and the same: looked at side by side, merged, or said to be two. */
export default function DuplicatesPage() {
  const { t } = useTranslation('merge');
  const [state, change] = useUrlState();
  const dismissed = state.show === 'dismissed';
  const by = BY.find((one) => one === state.by);
  const likeness = LIKENESS.find((one) => one === state.likeness);
  const list = useDuplicates({ by, likeness, dismissed });
  const [comparing, compare] = useState<Pair>();
  const pairs = list.data?.pages.flatMap((page) => page.items) ?? [];
  // A page of the walk may have found nobody and not be the last one.
  const walking = list.hasNextPage && pairs.length === 0;
  const { fetchNextPage, isFetching } = list;
  useEffect(() => {
    if (walking && !isFetching) void fetchNextPage();
  }, [walking, isFetching, fetchNextPage]);
  const filtered = Boolean(likeness || by === 'phone');
  return (
    <div className="mg">
      <PageHeader title={t('title')} note={t('note')} />
      <div className="mg-bar">
        <Segmented
          aria-label={t('show')}
          value={dismissed ? 'dismissed' : 'open'}
          onChange={(value) => change({ show: value === 'dismissed' ? value : null })}
          options={(['open', 'dismissed'] as const).map((value) => ({ value, label: t(`shown.${value}`) }))}
        />
        {!dismissed && (
          <>
            <Select
              aria-label={t('by_label')}
              value={by ?? 'name'}
              onChange={(value) => change({ by: value === 'name' ? null : value })}
              options={BY.map((value) => ({ value, label: t(`by.${value}`) }))}
            />
            <Select
              aria-label={t('likeness_label')}
              value={likeness ?? ''}
              onChange={(value) => change({ likeness: value })}
              options={[
                { value: '', label: t('likeness.any') },
                ...LIKENESS.map((value) => ({ value, label: t(`likeness.${value}`) })),
              ]}
            />
          </>
        )}
      </div>
      {list.isError && <ErrorView error={list.error} onRetry={() => list.refetch()} />}
      {(list.isPending || walking) && <Skeleton active />}
      {list.isSuccess && !walking && pairs.length === 0 && (
        <Empty
          title={t(dismissed ? 'none_dismissed' : 'none')}
          note={t(dismissed ? 'none_dismissed_note' : filtered ? 'none_filtered_note' : 'none_note')}
        />
      )}
      <ul className="mg-pairs">
        {pairs.map((pair) => (
          <PairLine
            key={`${pair.one}${pair.other}`}
            pair={pair}
            dismissed={dismissed}
            onCompare={() => compare(pair)}
          />
        ))}
      </ul>
      {list.hasNextPage && !walking && (
        <Button onClick={() => fetchNextPage()} loading={list.isFetchingNextPage}>
          {t('more')}
        </Button>
      )}
      {comparing && (
        <MergeDialog
          first={comparing.one}
          second={comparing.other}
          onClose={() => compare(undefined)}
          onDone={() => compare(undefined)}
        />
      )}
    </div>
  );
}

function PairLine({ pair, dismissed, onCompare }: { pair: Pair; dismissed: boolean; onCompare: () => void }) {
  const { t } = useTranslation('merge');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const say = useMutation({
    mutationFn: (two: boolean) => post('/duplicates/dismiss', { one: pair.one, other: pair.other, dismissed: two }),
    onSuccess: (_, two) => {
      void queries.invalidateQueries({ queryKey: ['merge'] });
      if (two) void message.success(t('dismiss.done'));
    },
    onError: (error) => message.error(messageOf(error)),
  });
  const both = t('both', { one: pair.one_name, other: pair.other_name });
  return (
    <li className="panel mg-pair">
      <div className="mg-names">
        <Link to={`/customers/${pair.one}`}>{pair.one_name}</Link>
        <span className="quiet" aria-hidden>
          ⇄
        </span>
        <Link to={`/customers/${pair.other}`}>{pair.other_name}</Link>
      </div>
      {!dismissed && (
        <div className="mg-why">
          <Tag color={pair.likeness === 'sure' ? 'error' : 'warning'}>
            {t(`likeness.${pair.likeness}`)} {pair.score}
          </Tag>
          <span className="quiet">{pair.why.map((why) => said(why)).join(' · ')}</span>
        </div>
      )}
      <div className="mg-deeds">
        {dismissed ? (
          <Button loading={say.isPending} onClick={() => say.mutate(false)}>
            {t('dismiss.undo')}
            <span className="visually-hidden">{both}</span>
          </Button>
        ) : (
          <>
            <Button onClick={onCompare}>
              {t('compare')}
              <span className="visually-hidden">{both}</span>
            </Button>
            <Button type="text" loading={say.isPending} onClick={() => say.mutate(true)}>
              {t('dismiss.button')}
              <span className="visually-hidden">{both}</span>
            </Button>
          </>
        )}
      </div>
    </li>
  );
}
