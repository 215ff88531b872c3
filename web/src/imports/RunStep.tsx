import { App } from 'antd';
import { useTranslation } from 'react-i18next';
import { post } from '../api/client';
import { messageOf } from '../api/problem';
import { count } from '../kit/format';
import { JobProgress } from '../kit/JobProgress';
import { StatCard } from '../kit/StatCard';
import { Money } from '../kit/texts';
import type { Import } from './api';

export function RunStep({ found, onChanged }: { found: Import; onChanged: () => void }) {
  const { t } = useTranslation('imports');
  const { message } = App.useApp();
  const undoing = found.state === 'undoing';
  const cancel = async () => {
    try {
      await post(`/imports/${found.id}/cancel`);
      onChanged();
    } catch (error) {
      message.error(messageOf(error));
    }
  };
  return (
    <div className="import-mapping">
      <div className="panel">
        <h2>{undoing ? t('run.undoing') : t(`run.${found.phase}`)}</h2>
        <JobProgress
          done={found.phase === 'reading' ? found.rows_read : found.accepted + skippedRows(found)}
          total={found.rows_total || found.rows_estimated}
          perSecond={found.rows_per_second}
          secondsLeft={found.seconds_left}
          onCancel={undoing ? undefined : cancel}
          cancelQuestion={t('run.cancel_question')}
          cancelYes={t('run.cancel_yes')}
          cancelNo={t('run.cancel_no')}
        />
      </div>
      {!undoing && <Figures found={found} />}
    </div>
  );
}

const skippedRows = (found: Import) => Object.values(found.skipped).reduce((sum, n) => sum + n, 0);

/** What came in, so far or in all. */
export function Figures({ found }: { found: Import }) {
  const { t } = useTranslation('imports');
  return (
    <div className="stats">
      <StatCard label={t('figure.accepted')} value={count(found.accepted)} />
      <StatCard label={t('figure.customers')} value={count(found.customers)} />
      {found.orders > 0 && (
        <StatCard label={t('figure.orders')} value={count(found.orders)} note={<Money value={found.order_sum} />} />
      )}
      {found.refunds > 0 && (
        <StatCard label={t('figure.refunds')} value={count(found.refunds)} note={<Money value={found.refund_sum} />} />
      )}
      {found.interactions > 0 && <StatCard label={t('figure.interactions')} value={count(found.interactions)} />}
    </div>
  );
}
