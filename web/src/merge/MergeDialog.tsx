import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Form, Input, Modal, Skeleton } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get, post } from '../api/client';
import { messageOf, Problem } from '../api/problem';
import type { Customer } from '../customers/api';
import { said } from '../i18n';
import { ErrorView } from '../kit/ErrorView';
import { LevelBadge } from '../kit/level';
import { useLevels } from '../kit/useLevels';
import { usePreview } from './api';
import { Compare, NOTHING, type Taken } from './Compare';
import './merge.css';

interface Props {
  first: string;
  second: string;
  onClose: () => void;
  /** The customer who stayed. */
  onDone: (id: string) => void;
}

const useCustomer = (id: string) =>
  useQuery({
    queryKey: ['customer', id],
    queryFn: ({ signal }) => get<Customer>(`/customers/${id}`, undefined, signal),
    retry: false,
  });

/** The one of two whom one would keep: of the higher level, then with more orders, then the older entry. */
function better(one: Customer, other: Customer): boolean {
  if (one.level_rank !== other.level_rank) return one.level_rank > other.level_rank;
  if (one.orders !== other.orders) return one.orders > other.orders;
  return one.created_at <= other.created_at;
}

/** Two entries side by side: who stays, what is taken from whom, what moves, and why. */
export function MergeDialog({ first, second, onClose, onDone }: Props) {
  const { t } = useTranslation('merge');
  const one = useCustomer(first);
  const other = useCustomer(second);
  const error = one.error ?? other.error;
  return (
    <Modal open width={880} title={t('dialog.title')} onCancel={onClose} footer={null} destroyOnHidden>
      {error && <ErrorView error={error} onRetry={() => void Promise.all([one.refetch(), other.refetch()])} />}
      {!error && (!one.data || !other.data) && <Skeleton active />}
      {one.data && other.data && one.data.id === other.data.id && (
        <Alert type="info" showIcon title={t('dialog.merged_already')} />
      )}
      {one.data && other.data && one.data.id !== other.data.id && (
        <Side one={one.data} other={other.data} onClose={onClose} onDone={onDone} />
      )}
    </Modal>
  );
}

function Side(props: { one: Customer; other: Customer; onClose: () => void; onDone: (id: string) => void }) {
  const { one, other, onClose, onDone } = props;
  const { t } = useTranslation('merge');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const { byRank } = useLevels();
  const [stays, keep] = useState(() => (better(one, other) ? one : other).id);
  const [taken, take] = useState<Taken>(NOTHING);
  const [reason, setReason] = useState('');
  const target = stays === one.id ? one : other;
  const source = stays === one.id ? other : one;
  const preview = usePreview(target.id, source.id);
  const run = useMutation({
    mutationFn: () =>
      post<{ customer_id: string }>(`/customers/${target.id}/merge`, {
        source_id: source.id,
        take: taken.fields,
        take_own: taken.own,
        take_sealed: taken.sealed,
        reason: reason.trim(),
      }),
    onSuccess: (done) => {
      void queries.invalidateQueries();
      void message.success(t('dialog.done', { source: source.name, target: target.name }));
      onDone(done.customer_id);
    },
    // What stood against it may be new.
    onError: () => void preview.refetch(),
  });
  const fault = run.error instanceof Problem ? run.error.fields.reason : undefined;
  const moves = preview.data?.moves.filter((one) => one.rows > 0) ?? [];
  return (
    <div className="mg-dialog">
      <p className="quiet">{t('dialog.note')}</p>
      <Compare
        stays={target}
        goes={source}
        preview={preview.data}
        taken={taken}
        onTake={take}
        onSwap={() => {
          keep(source.id);
          take(NOTHING);
          run.reset();
        }}
      />
      {preview.isError && <ErrorView error={preview.error} onRetry={() => preview.refetch()} />}
      {preview.isPending && <Skeleton active paragraph={{ rows: 2 }} />}
      {preview.data && (
        <section className="mg-after">
          <h3>{t('dialog.after')}</h3>
          <ul>
            <li>
              {moves.length > 0
                ? t('dialog.moves', {
                    what: moves.map((one) => t(`moves.${one.what}`, { n: one.rows })).join(t('comma')),
                  })
                : t('dialog.moves_none')}
            </li>
            <li>
              {t('dialog.level')} <LevelBadge {...byRank.get(preview.data.level_rank)} rank={preview.data.level_rank} />
            </li>
            <li>{t('dialog.archived', { source: source.name })}</li>
            <li>{t('dialog.undoable')}</li>
          </ul>
        </section>
      )}
      {preview.data?.refused && <Alert type="warning" showIcon title={said(preview.data.refused)} />}
      {run.error && !fault && <Alert type="error" showIcon title={messageOf(run.error)} />}
      <Form layout="vertical" onFinish={() => run.mutate()}>
        <Form.Item
          label={t('reason')}
          required
          htmlFor="merge-reason"
          validateStatus={fault ? 'error' : undefined}
          help={fault}
        >
          <Input
            id="merge-reason"
            value={reason}
            maxLength={200}
            placeholder={t('reason_hint')}
            onChange={(event) => setReason(event.target.value)}
          />
        </Form.Item>
        <div className="mg-foot">
          <Button onClick={onClose}>{t('common:action.cancel')}</Button>
          <Button
            type="primary"
            htmlType="submit"
            loading={run.isPending}
            disabled={!preview.data || Boolean(preview.data.refused) || !reason.trim()}
          >
            {t('dialog.ok', { target: target.name })}
          </Button>
        </div>
      </Form>
    </div>
  );
}
