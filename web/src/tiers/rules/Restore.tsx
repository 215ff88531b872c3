import { useQueryClient } from '@tanstack/react-query';
import { App, DatePicker, Input, Modal } from 'antd';
import type { Dayjs } from 'dayjs';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { post } from '../../api/client';
import { messageOf } from '../../api/problem';
import { useComparison, type Version } from '../versions';
import { Differences } from './Differences';

/** Brings the rules of an old version back as a new one: what that changes, why, and from when. */
export function Restore({
  programme,
  version,
  current,
  onClose,
}: {
  programme: string;
  version: Version;
  current: number | undefined;
  onClose: () => void;
}) {
  const { t } = useTranslation('tiers');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const noteId = useId();
  const [note, setNote] = useState('');
  const [day, setDay] = useState<Dayjs | null>(null);
  const [working, setWorking] = useState(false);
  const changes = useComparison(programme, version.number, current);
  const restore = async () => {
    setWorking(true);
    try {
      await post(`/tiering/programmes/${programme}/versions/${version.number}/restore`, {
        note: note.trim(),
        effective_from: day?.format('YYYY-MM-DD') ?? null,
      });
      await queries.invalidateQueries({ queryKey: ['tiering'] });
      void message.success(day ? t('versions.scheduled_done') : t('versions.restored_done'));
      onClose();
    } catch (error) {
      void message.error(messageOf(error));
    } finally {
      setWorking(false);
    }
  };
  return (
    <Modal
      open
      title={t('versions.restore_title', { n: version.number })}
      okText={t('versions.restore')}
      okButtonProps={{ disabled: note.trim() === '', loading: working }}
      onOk={() => void restore()}
      onCancel={onClose}
      width={560}
    >
      <p>{t('versions.restore_note')}</p>
      {changes.data && <Differences items={changes.data.items} />}
      <div className="publish-note">
        <label htmlFor={noteId}>{t('versions.why')}</label>
        <Input.TextArea id={noteId} rows={2} maxLength={500} value={note} onChange={(e) => setNote(e.target.value)} />
      </div>
      <DatePicker value={day} onChange={setDay} placeholder={t('publish.at_once')} aria-label={t('publish.from')} />
    </Modal>
  );
}
