import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, InputNumber, Modal, Skeleton } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { post } from '../../api/client';
import { messageOf } from '../../api/problem';
import { ErrorView } from '../../kit/ErrorView';
import type { Spread } from './api';

/** Plans one's own outstanding visits on the working days that are left: shown first, then written. */
export function SpreadDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('visits');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [per_day, choose] = useState(4);
  const preview = useQuery({
    queryKey: ['service', 'visit-spread', per_day],
    queryFn: ({ signal }) => post<Spread>('/visits/plan', { per_day, preview: true }, { signal }),
    gcTime: 0,
  });
  const apply = useMutation({
    mutationFn: () => post<Spread>('/visits/plan', { per_day }),
    onSuccess: (done) => {
      void message.success(t('spread.done', { n: done.items.length }));
      void queries.invalidateQueries({ queryKey: ['service'] });
      onClose();
    },
  });
  const items = preview.data?.items ?? [];
  return (
    <Modal
      open
      title={t('spread.title')}
      onCancel={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t('common:action.cancel')}</Button>
          <Button type="primary" disabled={items.length === 0} loading={apply.isPending} onClick={() => apply.mutate()}>
            {t('spread.apply', { n: items.length })}
          </Button>
        </>
      }
    >
      <p className="quiet">{t('spread.note')}</p>
      <div className="vs-bar">
        {t('spread.per_day')}
        <InputNumber
          aria-label={t('spread.per_day')}
          min={1}
          max={20}
          precision={0}
          value={per_day}
          onChange={(value) => choose(value ?? 4)}
        />
      </div>
      {apply.isError && <Alert type="error" showIcon title={messageOf(apply.error)} />}
      {preview.isPending && <Skeleton active />}
      {preview.isError && <ErrorView error={preview.error} onRetry={() => preview.refetch()} />}
      {preview.data && items.length === 0 && <p>{t('spread.none')}</p>}
      {(preview.data?.left.length ?? 0) > 0 && (
        <Alert type="warning" showIcon title={t('spread.left', { n: preview.data?.left.length })} />
      )}
      <ul className="vs-spread">
        {items.map((item) => (
          <li key={`${item.customer_id}${item.day}`}>
            <span className="number">{item.day}</span> {item.customer_name}
          </li>
        ))}
      </ul>
    </Modal>
  );
}
