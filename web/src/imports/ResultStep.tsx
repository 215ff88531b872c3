import { DownloadOutlined, UndoOutlined } from '@ant-design/icons';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import { post, url } from '../api/client';
import { messageOf } from '../api/problem';
import { useCan, useSession } from '../api/session';
import { listed, said } from '../i18n';
import { count } from '../kit/format';
import { tiers } from '../tiers/links';
import { LinkButton } from '../tiers/parts/LinkButton';
import { dayAfter, type Import, isOld, undoParts } from './api';
import { Figures } from './RunStep';

/** What came of it: figures, what was left out and why, and the next step. */
export function ResultStep({ found, onChanged }: { found: Import; onChanged: () => void }) {
  const { t, i18n } = useTranslation('imports');
  const { message, modal } = App.useApp();
  const { organisation, today, setup } = useSession();
  const navigate = useNavigate();
  const can = useCan();
  const queries = useQueryClient();
  const skipped = Object.entries(found.skipped ?? {})
    .filter(([, n]) => n > 0)
    .sort((a, b) => b[1] - a[1]);
  const total = skipped.reduce((sum, [, n]) => sum + n, 0);
  const as_of = found.last_activity_day ? dayAfter(found.last_activity_day) : undefined;
  const old = isOld(found.last_activity_day, today) && organisation.as_of !== as_of;

  // Without a ladder there is nothing to evaluate.
  const noLadder = !setup.programme_published && found.orders > 0;

  const act = useMutation({
    mutationFn: (what: 'undo' | 'resume') => post(`/imports/${found.id}/${what}`),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['session'] });
      onChanged();
    },
    onError: (error) => message.error(messageOf(error)),
  });
  const evaluate = useMutation({
    mutationFn: () => post('/tiering/evaluations', { as_of, pin: true }),
    onSuccess: async () => {
      await queries.invalidateQueries();
      // Levels are coming only where there is a ladder; else the day is kept for when there is one.
      if (!noLadder) message.success(t('result.evaluating'));
      navigate(noLadder ? tiers('rules') : '/');
    },
    onError: (error) => message.error(messageOf(error)),
  });
  const undone = undoParts(found);
  const undo = () =>
    modal.confirm({
      title: t('result.undo_question'),
      content: undone.length
        ? t('result.undo_note', {
            what: listed(undone.map(({ part, n }) => t(`result.undo_part.${part}`, { n: count(n) }))),
          })
        : t('result.undo_nothing'),
      okText: t('result.undo'),
      okButtonProps: { danger: true },
      onOk: () => act.mutateAsync('undo').catch(() => undefined),
    });

  const type = found.state === 'done' ? 'success' : found.state === 'failed' ? 'error' : 'info';
  return (
    <div className="import-mapping">
      <Alert
        type={type}
        showIcon
        title={t(`result.${found.state}`, { n: count(found.accepted) })}
        description={found.error ? said(found.error.text) : undefined}
        action={
          (found.state === 'cancelled' || found.state === 'failed') && (
            <Button onClick={() => act.mutate('resume')} loading={act.isPending}>
              {t('result.resume')}
            </Button>
          )
        }
      />
      {found.state !== 'undone' && <Figures found={found} />}
      {found.state === 'done' && noLadder && can('manage_tiering') && (
        <div className="panel as-of">
          <div>
            <h2>{t('result.ladder_title')}</h2>
            <p className="quiet">
              {t('result.ladder_note')}
              {old && as_of && t('result.ladder_day', { day: as_of })}
            </p>
          </div>
          {old && as_of ? (
            <Button type="primary" size="large" loading={evaluate.isPending} onClick={() => evaluate.mutate()}>
              {t('result.ladder_action')}
            </Button>
          ) : (
            <LinkButton type="primary" size="large" to={tiers('rules')}>
              {t('result.ladder_action')}
            </LinkButton>
          )}
        </div>
      )}
      {found.state === 'done' && !noLadder && old && as_of && can('manage_tiering') && (
        <div className="panel as-of">
          <div>
            <h2>{t('result.old_title', { day: found.last_activity_day })}</h2>
            <p className="quiet">{t('result.old_note', { day: as_of })}</p>
          </div>
          <Button type="primary" size="large" loading={evaluate.isPending} onClick={() => evaluate.mutate()}>
            {t('result.old_action', { day: as_of })}
          </Button>
        </div>
      )}
      {total > 0 && found.state !== 'undone' && (
        <div className="panel">
          <h2>{t('result.skipped', { n: count(total) })}</h2>
          <table className="reasons">
            <thead>
              <tr>
                <th scope="col">{t('result.reason')}</th>
                <th scope="col">{t('result.rows')}</th>
              </tr>
            </thead>
            <tbody>
              {skipped.map(([reason, n]) => (
                <tr key={reason}>
                  <td>{i18n.exists(`imports:reason.${reason}`) ? t(`reason.${reason}`) : reason}</td>
                  <td className="number">{count(n)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <p className="quiet" style={{ margin: '12px 0' }}>
            {t('result.errors_note')}
          </p>
          <a href={url(`/imports/${found.id}/errors`)} download>
            <Button icon={<DownloadOutlined />}>{t('result.errors')}</Button>
          </a>
        </div>
      )}
      <div className="import-foot">
        {['done', 'cancelled', 'failed'].includes(found.state) && found.accepted > 0 && (
          <Button danger icon={<UndoOutlined />} onClick={undo}>
            {t('result.undo')}
          </Button>
        )}
        <Link to="/customers">
          <Button type={old || noLadder ? 'default' : 'primary'}>{t('result.customers')}</Button>
        </Link>
      </div>
    </div>
  );
}
