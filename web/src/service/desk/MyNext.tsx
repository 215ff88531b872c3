import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { count } from '../../kit/format';
import { Panel } from '../../tiers/parts/Panel';
import { useCounts, useLines } from './api';
import { TicketLine } from './parts';
import { useLive } from './useLive';
import { useNext } from './useNext';
import './desk.css';

/** On Today: what falls due next, for those who work tickets. Nothing where there is nothing to do. */
export default function MyNext() {
  const { t } = useTranslation('desk');
  useLive();
  const counts = useCounts();
  const lines = useLines({ view: 'mine', state: 'new,open', sort: 'due', limit: 5 });
  const next = useNext();
  const rows = lines.data?.items ?? [];
  const free = counts.data?.unassigned.active ?? 0;
  if (!lines.data || !counts.data || (rows.length === 0 && free === 0)) return null;
  return (
    <Panel
      title={t('today.title')}
      note={t('today.note', {
        mine: count(counts.data.mine.active),
        overdue: count(counts.data.mine.overdue),
        free: count(free),
      })}
      extra={
        <span className="today-next">
          <Link to="/service">{t('mine.title')}</Link>
          {free > 0 && (
            <Button size="small" type="primary" loading={next.isPending} onClick={() => next.mutate()}>
              {t('next.button')}
            </Button>
          )}
        </span>
      }
    >
      <section className="tk-lines flat" aria-label={t('today.title')}>
        <ul>
          {rows.map((row) => (
            <li key={row.id}>
              <TicketLine row={row} />
            </li>
          ))}
        </ul>
      </section>
    </Panel>
  );
}
