import { App, Button, InputNumber, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { messageOf } from '../../api/problem';
import { said } from '../../i18n';
import { JobProgress } from '../../kit/JobProgress';
import { useJob } from '../api';
import { useRefit } from './api';

interface Props {
  /** Nothing is there yet: the button is the page's one action. */
  first?: boolean;
  horizon?: number;
  discount?: number;
}

/** Fits everyone anew; the progress stays in sight until it is done. */
export function Refit({ first, horizon = 52, discount = 0.1 }: Props) {
  const { t } = useTranslation('tiers');
  const { message } = App.useApp();
  const refit = useRefit();
  const [open, setOpen] = useState(false);
  const [weeks, setWeeks] = useState<number | null>(horizon);
  const [percent, setPercent] = useState<number | null>(Math.round(discount * 1000) / 10);
  const [job, setJob] = useState<string | null>(null);
  const running = useJob(job);
  const failed = running.job?.state === 'dead' || running.job?.state === 'cancelled';

  const start = () =>
    refit.mutate(
      { horizon_weeks: weeks ?? 52, discount: (percent ?? 10) / 100 },
      {
        onSuccess: (made) => {
          setJob(made.id);
          setOpen(false);
        },
        onError: (error) => message.error(messageOf(error)),
      },
    );

  if (running.running) {
    return (
      <div className="ltv-progress">
        <JobProgress
          done={running.job?.progress?.done ?? 0}
          total={running.job?.progress?.total}
          label={t('ltv.refit_running')}
        />
      </div>
    );
  }
  return (
    <>
      {failed && <span className="ltv-failed">{said(running.job?.error?.text) || t('ltv.refit_failed')}</span>}
      <Button type={first ? 'primary' : 'default'} onClick={() => setOpen(true)} aria-haspopup="dialog">
        {t(first ? 'ltv.fit_first' : 'ltv.refit')}
      </Button>
      <Modal
        open={open}
        title={t('ltv.refit_title')}
        okText={t('ltv.refit_start')}
        cancelText={t('common:action.cancel')}
        confirmLoading={refit.isPending}
        onOk={start}
        onCancel={() => setOpen(false)}
        destroyOnHidden
        width={440}
      >
        <p className="quiet">{t('ltv.refit_note')}</p>
        <div className="ltv-wish">
          <label htmlFor="ltv-weeks">{t('ltv.horizon')}</label>
          <InputNumber
            id="ltv-weeks"
            min={4}
            max={520}
            precision={0}
            value={weeks}
            onChange={setWeeks}
            suffix={t('ltv.weeks')}
          />
          <label htmlFor="ltv-rate">{t('ltv.discount')}</label>
          <InputNumber id="ltv-rate" min={0} max={100} value={percent} onChange={setPercent} suffix="%" />
        </div>
        <p className="quiet">{t('ltv.discount_note')}</p>
      </Modal>
    </>
  );
}
