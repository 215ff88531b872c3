import { useQueryClient } from '@tanstack/react-query';
import { App, DatePicker, Input, Modal } from 'antd';
import type { Dayjs } from 'dayjs';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { post } from '../../api/client';
import { messageOf } from '../../api/problem';
import { count } from '../../kit/format';
import { JobProgress } from '../../kit/JobProgress';
import { type Programme, useJob } from '../api';
import type { Rules } from '../model/rules';
import { useDraftComparison } from '../versions';
import { Differences } from './Differences';
import { Effect } from './Effect';
import type { Simulation } from './useSimulation';

interface Props {
  open: boolean;
  programme: Programme;
  rules: Rules;
  simulation: Simulation;
  /** Saves what is unsaved; the version to publish, or `null`: don't go on. */
  beforehand: () => Promise<string | null>;
  onClose: () => void;
}

/** Says what publishing will do, to whom, and does it. */
export function Publish({ open, programme, rules, simulation, beforehand, onClose }: Props) {
  const { t } = useTranslation('tiers');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const noteId = useId();
  const [note, setNote] = useState('');
  const [day, setDay] = useState<Dayjs | null>(null);
  const changes = useDraftComparison(programme.id, rules, open);
  const waits = programme.scheduled;
  const [working, setWorking] = useState(false);
  const [jobId, setJobId] = useState<string | null>(null);
  const { job, running } = useJob(jobId);
  const result = simulation.result;
  const moved = result ? result.moved.up + result.moved.down : 0;
  const ready = result !== null && !simulation.waiting && simulation.faults.count === 0;

  const publish = async () => {
    setWorking(true);
    try {
      const version = await beforehand();
      if (version === null) {
        onClose();
        return;
      }
      const done = await post<{ job_id: string }>(
        `/tiering/programmes/${programme.id}/publish`,
        { note: note.trim(), effective_from: day?.format('YYYY-MM-DD') ?? null },
        { version },
      );
      if (!day) setJobId(done.job_id);
      await queries.invalidateQueries({ queryKey: ['tiering'] });
      await queries.invalidateQueries({ queryKey: ['session'] });
      void message.success(day ? t('publish.scheduled_done', { day: day.format('YYYY-MM-DD') }) : t('publish.done'));
      setNote('');
      onClose();
    } catch (error) {
      void message.error(messageOf(error));
    } finally {
      setWorking(false);
    }
  };

  return (
    <>
      <Modal
        open={open}
        title={t('publish.title')}
        okText={t('publish.ok')}
        okButtonProps={{ loading: working, disabled: !ready || waits !== null }}
        onOk={() => void publish()}
        onCancel={onClose}
        width={560}
      >
        <p className="publish-says">
          {result &&
            (moved === 0
              ? t('publish.nobody', { total: count(result.customers) })
              : t('publish.moves', {
                  moved: count(moved),
                  up: count(result.moved.up),
                  down: count(result.moved.down),
                  total: count(result.customers),
                }))}
        </p>
        {waits && (
          <p className="fault" role="alert">
            {t('publish.waiting', { n: waits.number, day: waits.effective_from })}
          </p>
        )}
        <Effect simulation={simulation} />
        {changes.data && changes.data.from !== null && (
          <details className="publish-changes">
            <summary>{t('publish.changes')}</summary>
            <Differences items={changes.data.items} />
          </details>
        )}
        <div className="publish-from">
          <DatePicker value={day} onChange={setDay} placeholder={t('publish.at_once')} aria-label={t('publish.from')} />
          <span className="quiet">{t('publish.from_note')}</span>
        </div>
        <div className="publish-note">
          <label htmlFor={noteId}>{t('publish.note')}</label>
          <Input.TextArea
            id={noteId}
            value={note}
            maxLength={500}
            rows={2}
            placeholder={t('publish.note_hint')}
            onChange={(event) => setNote(event.target.value)}
          />
        </div>
      </Modal>
      {running && (
        <div className="publish-job">
          <JobProgress
            done={job?.progress?.done ?? 0}
            total={job?.progress?.total ?? null}
            label={t('evaluation.progress')}
          />
        </div>
      )}
    </>
  );
}
