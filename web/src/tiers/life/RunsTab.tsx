import { useMutation, useQueryClient } from '@tanstack/react-query';
import { App, Button, DatePicker, Modal, Radio, Skeleton, Tag } from 'antd';
import dayjs from 'dayjs';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { post } from '../../api/client';
import { messageOf } from '../../api/problem';
import { useCan, useSession } from '../../api/session';
import { ErrorView } from '../../kit/ErrorView';
import { count, share } from '../../kit/format';
import { JobProgress } from '../../kit/JobProgress';
import { Money, RelativeTime } from '../../kit/texts';
import { useUrlState } from '../../kit/useUrlState';
import { Bar } from '../parts/Bar';
import { Panel } from '../parts/Panel';
import { useChosen } from '../useChosen';
import { type Run, type RunState, useRun, useRuns } from './api';
import { DecideDialog } from './DecideDialog';
import { LevelFromTo } from './LevelFromTo';
import { actsOf, type RunAct } from './model';
import { NoLife } from './ObservationsTab';
import { useFaces } from './useFaces';
import './life.css';

const COLOURS: Record<RunState, string> = {
  preview: 'default',
  running: 'processing',
  paused: 'warning',
  waiting_approval: 'error',
  done: 'success',
  cancelled: 'default',
  failed: 'error',
};

/** Runs over all levels: started with a preview, held by the brake, each with its report. */
export default function RunsTab() {
  const { t } = useTranslation('tiers');
  const may = useCan()('manage_tiering');
  const runs = useRuns();
  const [state, change] = useUrlState();
  const [starting, setStarting] = useState(false);
  const items = runs.data?.items ?? [];
  const shown = state.run ?? items[0]?.id;
  const start = may && (
    <Button type="primary" onClick={() => setStarting(true)}>
      {t('runs.start')}
    </Button>
  );
  return (
    <>
      <div className="runs-grid">
        <Panel title={t('runs.title')} note={t('runs.note')} extra={start}>
          {runs.isPending && <Skeleton active paragraph={{ rows: 5 }} />}
          {runs.isError && <ErrorView error={runs.error} onRetry={() => runs.refetch()} />}
          {runs.isSuccess && items.length === 0 && <NoLife title={t('runs.none')} note={t('runs.none_note')} />}
          <ul className="tier-lines runs">
            {items.map((run) => (
              <li key={run.id} className={run.id === shown ? 'chosen' : undefined}>
                <button type="button" aria-pressed={run.id === shown} onClick={() => change({ run: run.id })}>
                  <span className="line-head">
                    <strong>{t(`runs.kind_${run.kind}`)}</strong>
                    <Tag color={COLOURS[run.state]}>{t(`runs.state_${run.state}`)}</Tag>
                    <span className="when">{run.as_of}</span>
                  </span>
                  <span className="quiet">
                    {t('runs.line', { raised: count(run.raised), lowered: count(run.lowered) })}
                  </span>
                </button>
              </li>
            ))}
          </ul>
        </Panel>
        {shown && <Report key={shown} id={shown} />}
      </div>
      {starting && (
        <Start
          onClose={() => setStarting(false)}
          onStarted={(id) => {
            setStarting(false);
            change({ run: id });
          }}
        />
      )}
    </>
  );
}

function useBegin(onStarted: (id: string) => void) {
  const { message } = App.useApp();
  const queries = useQueryClient();
  const { asked } = useChosen();
  return useMutation({
    mutationFn: (body: { kind: Run['kind']; as_of?: string | undefined; preview: boolean }) =>
      post<Run>('/tiering/runs', { ...body, ...(asked ? { programme_id: asked } : {}) }),
    onSuccess: (run) => {
      void queries.invalidateQueries({ queryKey: ['tiering', 'runs'] });
      onStarted(run.id);
    },
    onError: (error) => void message.error(messageOf(error)),
  });
}

function Start({ onClose, onStarted }: { onClose: () => void; onStarted: (id: string) => void }) {
  const { t } = useTranslation('tiers');
  const { today } = useSession();
  const [kind, setKind] = useState<Run['kind']>('review');
  const [day, setDay] = useState<string | null>(null);
  const begin = useBegin(onStarted);
  return (
    <Modal
      open
      title={t('runs.start')}
      okText={t('runs.preview')}
      okButtonProps={{ loading: begin.isPending }}
      cancelText={t('common:action.cancel')}
      onCancel={onClose}
      onOk={() => begin.mutate({ kind, as_of: day ?? undefined, preview: true })}
      width={480}
    >
      <div className="evaluation">
        <Radio.Group
          vertical
          value={kind}
          onChange={(event) => setKind(event.target.value as Run['kind'])}
          options={(['review', 'daily'] as const).map((value) => ({
            value,
            label: (
              <span className="kind-label">
                <b>{t(`runs.kind_${value}`)}</b>
                <span className="quiet">{t(`runs.kind_${value}_note`)}</span>
              </span>
            ),
          }))}
        />
        <div className="runs-day">
          <span aria-hidden>{t('runs.as_of')}</span>
          <DatePicker
            aria-label={t('runs.as_of')}
            value={dayjs(day ?? today)}
            allowClear={false}
            onChange={(value) => setDay(value ? value.format('YYYY-MM-DD') : null)}
          />
        </div>
        <p className="quiet">{t('runs.start_note')}</p>
      </div>
    </Modal>
  );
}

/** One run: how far, what it comes to, who moves from where to where, and what can be done with it now. */
function Report({ id }: { id: string }) {
  const { t } = useTranslation('tiers');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const may = useCan()('manage_tiering');
  const run = useRun(id);
  const { faceOf } = useFaces();
  const [asking, ask] = useState<RunAct>();
  const act = useMutation({
    mutationFn: ({ what, reason }: { what: RunAct; reason?: string }) =>
      post<Run>(`/tiering/runs/${id}/${what}`, reason ? { reason } : {}),
    onSuccess: () => {
      ask(undefined);
      void queries.invalidateQueries({ queryKey: ['tiering'] });
    },
    onError: (error) => void message.error(messageOf(error)),
  });
  if (run.isPending) return <Skeleton active paragraph={{ rows: 6 }} />;
  if (run.isError) return <ErrorView error={run.error} onRetry={() => run.refetch()} />;
  const data = run.data;
  const held = data.state === 'waiting_approval';
  const press = (what: RunAct) => {
    // Doing what was previewed passes the brake: where it would have stopped, a reason is asked for.
    if (what === 'execute' && data.brake && data.brake.share > data.brake.limit) ask('approve');
    else if (what === 'execute') act.mutate({ what: 'approve' });
    else if (what === 'approve' || what === 'cancel') ask(what);
    else act.mutate({ what });
  };
  const figures = [
    ['customers', data.customers],
    ['raised', data.raised],
    ['lowered', data.lowered],
    ['observed', data.observed],
    ['kept', data.kept],
  ] as const;
  return (
    <Panel
      title={
        <>
          {t(`runs.kind_${data.kind}`)} · {data.as_of}{' '}
          <Tag color={COLOURS[data.state]}>{t(`runs.state_${data.state}`)}</Tag>
        </>
      }
      note={t(`runs.state_${data.state}_note`)}
      extra={
        may && (
          <div className="life-controls">
            {actsOf(data.state).map((what, index) => (
              <Button
                key={what}
                type={index === 0 ? 'primary' : 'default'}
                danger={what === 'cancel'}
                loading={act.isPending}
                onClick={() => press(what)}
              >
                {t(`runs.${what}`)}
              </Button>
            ))}
          </div>
        )
      }
    >
      {data.state === 'running' && (
        <JobProgress done={data.done} total={data.customers || null} label={t('runs.progress')} />
      )}
      {data.brake && (
        <div className={held ? 'brake stopped' : 'brake'} role={held ? 'alert' : undefined}>
          <span>{t(held ? 'runs.brake_stopped' : 'runs.brake')}</span>
          <Bar share={Math.min(1, data.brake.share / Math.max(data.brake.limit, 1e-9))} tone="gold" />
          <span className="number">
            {t('runs.brake_of', { share: share(data.brake.share), limit: share(data.brake.limit) })}
          </span>
        </div>
      )}
      <dl className="run-figures">
        {figures.map(([name, value]) => (
          <div key={name}>
            <dt>{t(`runs.${name}`)}</dt>
            <dd className="number">{count(value)}</dd>
          </div>
        ))}
      </dl>
      {data.moves.length > 0 ? (
        <table className="base-table moves">
          <caption className="visually-hidden">{t('runs.moves')}</caption>
          <thead>
            <tr>
              <th scope="col">{t('runs.moves')}</th>
              <th scope="col" className="right">
                {t('base.customers')}
              </th>
              <th scope="col" className="right">
                {t('base.revenue')}
              </th>
            </tr>
          </thead>
          <tbody>
            {data.moves.map((move) => (
              <tr key={`${move.from_level} ${move.to_level}`}>
                <th scope="row">
                  <LevelFromTo from={faceOf(move.from_level)} to={faceOf(move.to_level)} />
                </th>
                <td className="right number" data-label={t('base.customers')}>
                  {count(move.customers)}
                </td>
                <td className="right" data-label={t('base.revenue')}>
                  <Money value={move.revenue} short />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : (
        data.state !== 'running' && <p className="quiet nothing">{t('runs.no_moves')}</p>
      )}
      {data.reason && (
        <p>
          <strong>{t('life.reason')}</strong> {data.reason}
        </p>
      )}
      {data.finished_at && (
        <p className="quiet">
          {t('runs.finished')} <RelativeTime value={data.finished_at} />
          {data.took_ms != null && ` · ${t('runs.took', { n: (data.took_ms / 1000).toFixed(1) })}`}
        </p>
      )}
      {asking && (
        <DecideDialog
          open
          title={t(`runs.${asking}_question`)}
          note={t(`runs.${asking}_question_note`, { n: count(data.lowered) })}
          ok={t(`runs.${asking}`)}
          danger={asking === 'cancel'}
          busy={act.isPending}
          onAnswer={({ reason }) => act.mutate({ what: asking, reason })}
          onClose={() => ask(undefined)}
        />
      )}
    </Panel>
  );
}
