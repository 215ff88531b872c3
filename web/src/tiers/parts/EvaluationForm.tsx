import { App, Button, DatePicker, Radio } from 'antd';
import dayjs from 'dayjs';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { post } from '../../api/client';
import { messageOf } from '../../api/problem';
import { useCan, useSession } from '../../api/session';
import { said } from '../../i18n';
import { ErrorView } from '../../kit/ErrorView';
import { JobProgress } from '../../kit/JobProgress';
import { useJob } from '../api';

type Choice = 'today' | 'day' | 'pin';

/** Evaluates everybody as of a day. Pinned, all numbers stay as of that day until "today" is chosen again. */
export function EvaluationForm({ onDone }: { onDone?: () => void }) {
  const { t } = useTranslation('tiers');
  const { organisation } = useSession();
  const { message } = App.useApp();
  const mayPin = useCan()('manage_organisation');
  const [choice, setChoice] = useState<Choice>(organisation.as_of ? 'pin' : 'today');
  const [day, setDay] = useState<string | null>(organisation.as_of ?? null);
  const [jobId, setJobId] = useState<string | null>(null);
  const [starting, setStarting] = useState(false);
  const { job, running, error } = useJob(jobId);
  const told = useRef<string>(undefined);

  useEffect(() => {
    if (job?.state !== 'done' || told.current === job.id) return;
    told.current = job.id;
    void message.success(t('evaluation.done'));
    onDone?.();
  }, [job, message, onDone, t]);

  const start = async () => {
    setStarting(true);
    try {
      const body = choice === 'today' ? { as_of: null, pin: mayPin } : { as_of: day, pin: choice === 'pin' };
      const started = await post<{ id: string }>('/tiering/evaluations', body);
      setJobId(started.id);
    } catch (cause) {
      void message.error(messageOf(cause));
    } finally {
      setStarting(false);
    }
  };

  return (
    <div className="evaluation">
      <Radio.Group
        vertical
        value={choice}
        disabled={running}
        onChange={(event) => setChoice(event.target.value as Choice)}
        options={[
          { value: 'today', label: t('evaluation.today') },
          { value: 'day', label: t('evaluation.day') },
          ...(mayPin ? [{ value: 'pin', label: t('evaluation.pin') }] : []),
        ]}
      />
      {choice !== 'today' && (
        <DatePicker
          aria-label={t('evaluation.which_day')}
          value={day ? dayjs(day) : null}
          disabled={running}
          allowClear={false}
          onChange={(value) => setDay(value ? value.format('YYYY-MM-DD') : null)}
          style={{ width: '100%' }}
        />
      )}
      <p className="quiet">{t(`evaluation.${choice}_note`)}</p>
      {running && (
        <JobProgress
          done={job?.progress?.done ?? 0}
          total={job?.progress?.total ?? null}
          label={t('evaluation.progress')}
          {...(jobId ? { onCancel: () => void post(`/jobs/${jobId}/cancel`) } : {})}
        />
      )}
      {job?.error && job.state !== 'done' && <ErrorView text={said(job.error.text)} />}
      {error && <ErrorView error={error} />}
      <Button
        type="primary"
        loading={starting}
        disabled={running || (choice !== 'today' && !day)}
        onClick={() => void start()}
      >
        {t('evaluation.start')}
      </Button>
    </div>
  );
}
