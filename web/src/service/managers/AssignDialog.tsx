import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Modal, Select, Skeleton } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { post } from '../../api/client';
import { messageOf } from '../../api/problem';
import { said } from '../../i18n';
import { ErrorView } from '../../kit/ErrorView';
import { type Proposal, useManagers } from './api';
import { LoadBar } from './LoadBar';

/** What an assignment would do, and doing it. Without customers: the VIPs that have no manager. */
export function AssignDialog({ customers, onClose }: { customers?: string[]; onClose: () => void }) {
  const { t } = useTranslation('managers');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const managers = useManagers();
  const [to, choose] = useState<string>();
  const body = { customer_ids: customers, staff_id: to };
  const preview = useQuery({
    queryKey: ['service', 'managers', 'preview', customers, to],
    queryFn: ({ signal }) => post<Proposal>('/managers/assign/preview', body, { signal }),
    gcTime: 0,
  });
  const apply = useMutation({
    mutationFn: () => post<Proposal>('/managers/assign', body),
    onSuccess: (done) => {
      void message.success(t('assign.done', { n: done.items.length - done.unplaced }));
      void queries.invalidateQueries({ queryKey: ['service'] });
      void queries.invalidateQueries({ queryKey: ['customer'] });
      onClose();
    },
  });
  const seen = preview.data;
  const placed = seen ? seen.items.length - seen.unplaced : 0;
  return (
    <Modal
      open
      width={720}
      title={t('assign.title')}
      onCancel={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t('common:action.cancel')}</Button>
          <Button type="primary" disabled={placed === 0} loading={apply.isPending} onClick={() => apply.mutate()}>
            {t('assign.apply', { n: placed })}
          </Button>
        </>
      }
    >
      <div className="mg-choose">
        <span>{t('assign.to')}</span>
        <Select
          aria-label={t('assign.to')}
          value={to ?? ''}
          onChange={(value) => choose(value || undefined)}
          options={[
            { value: '', label: t('assign.house') },
            ...(managers.data?.items ?? [])
              .filter((one) => one.active)
              .map((one) => ({ value: one.staff_id, label: `${one.name}（${one.load.places} / ${one.cap}）` })),
          ]}
        />
      </div>
      {apply.isError && <Alert type="error" showIcon title={messageOf(apply.error)} />}
      {preview.isPending && <Skeleton active />}
      {preview.isError && <ErrorView error={preview.error} onRetry={() => preview.refetch()} />}
      {seen && (
        <>
          {seen.unplaced > 0 && <Alert type="warning" showIcon title={t('assign.unplaced', { n: seen.unplaced })} />}
          <h3>{t('assign.becomes')}</h3>
          <ul className="mg-becomes">
            {seen.managers.map((one) => (
              <li key={one.staff_id}>
                <span>{one.name}</span>
                <LoadBar now={one.before.places} after={one.after.places} cap={one.cap} />
              </li>
            ))}
          </ul>
          <h3>{t('assign.who')}</h3>
          <ul className="mg-who">
            {seen.items.slice(0, 200).map((item) => (
              <li key={item.customer_id}>
                <span>{item.customer_name}</span>
                <span>
                  {item.from_name && `${item.from_name} → `}
                  {item.to_name ?? t('assign.nobody')}
                </span>
                <span className="quiet">{item.reasons.map((reason) => said(reason)).join(' · ')}</span>
              </li>
            ))}
          </ul>
          {seen.items.length > 200 && <p className="quiet">{t('assign.more', { n: seen.items.length - 200 })}</p>}
        </>
      )}
    </Modal>
  );
}
