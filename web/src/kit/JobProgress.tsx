import { Button, Popconfirm, Progress } from 'antd';
import { useTranslation } from 'react-i18next';
import { count, duration } from './format';

interface Props {
  done: number;
  total?: number | null;
  perSecond?: number | null;
  secondsLeft?: number | null;
  label?: string;
  onCancel?: () => void;
  cancelQuestion?: string;
  /** What the two answers do: never a bare "cancel", which could mean either. */
  cancelYes?: string;
  cancelNo?: string;
}

/** Long work: how far, how fast, how long yet. It goes on when the page is closed, and says so. */
export function JobProgress({
  done,
  total,
  perSecond,
  secondsLeft,
  label,
  onCancel,
  cancelQuestion,
  cancelYes,
  cancelNo,
}: Props) {
  const { t } = useTranslation('kit');
  const percent = total ? Math.min(100, Math.floor((done / total) * 100)) : 0;
  const left = secondsLeft === null || secondsLeft === undefined ? undefined : duration(secondsLeft);
  return (
    <div className="job" role="status" aria-live="polite">
      <Progress
        percent={percent}
        status="active"
        strokeColor="#2b4170"
        aria-label={label ?? t('job.progress')}
        format={(value) => `${value}%`}
      />
      <div className="job-line">
        <span>
          {total ? t('job.of', { done: count(done), total: count(total) }) : t('job.done', { done: count(done) })}
          {perSecond ? ` · ${t('job.rate', { rate: count(Math.round(perSecond)) })}` : ''}
          {left
            ? ` · ${left.minutes ? t('job.minutes_left', { n: left.minutes }) : t('job.seconds_left', { n: left.seconds })}`
            : ''}
        </span>
        {onCancel && (
          <Popconfirm
            title={cancelQuestion ?? t('job.cancel_question')}
            okText={cancelYes ?? t('job.cancel')}
            cancelText={cancelNo ?? t('job.go_on')}
            onConfirm={onCancel}
          >
            <Button size="small">{t('job.cancel')}</Button>
          </Popconfirm>
        )}
      </div>
      <p className="quiet">{t('job.may_close')}</p>
    </div>
  );
}
