import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Input, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { post, remove } from '../api/client';
import { messageOf } from '../api/problem';
import './roles.css';

/** Asks why, and shows the product as this person sees it. */
export function SeeAs({ staff, onClose }: { staff: { id: string; name: string }; onClose: () => void }) {
  const { t } = useTranslation('roles');
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [reason, setReason] = useState('');
  const begin = useMutation({
    mutationFn: () => post('/session/see-as', { staff_id: staff.id, reason: reason.trim() }),
    onSuccess: async () => {
      onClose();
      await queries.resetQueries();
      navigate('/');
    },
  });
  return (
    <Modal
      open
      title={t('see_as.title', { name: staff.name })}
      okText={t('see_as.begin')}
      cancelText={t('common:action.cancel')}
      okButtonProps={{ disabled: !reason.trim() }}
      confirmLoading={begin.isPending}
      onOk={() => begin.mutate()}
      onCancel={onClose}
    >
      <p>{t('see_as.note')}</p>
      {begin.isError && <Alert type="error" showIcon title={messageOf(begin.error)} style={{ marginBottom: 16 }} />}
      <Input.TextArea
        value={reason}
        maxLength={200}
        autoFocus
        rows={2}
        aria-label={t('see_as.reason')}
        placeholder={t('see_as.reason')}
        onChange={(event) => setReason(event.target.value)}
      />
    </Modal>
  );
}

/** Says whose eyes these are, on every page, and gives one's own back. */
export function SeeingAs({ name }: { name: string }) {
  const { t } = useTranslation('roles');
  const navigate = useNavigate();
  const queries = useQueryClient();
  const end = useMutation({
    mutationFn: () => remove('/session/see-as'),
    onSuccess: async () => {
      await queries.resetQueries();
      navigate('/settings/staff');
    },
  });
  return (
    <div className="seeing-as" role="status">
      <span>{t('see_as.now', { name })}</span>
      <Button size="small" loading={end.isPending} onClick={() => end.mutate()}>
        {t('see_as.end')}
      </Button>
    </div>
  );
}
