import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Form, Input, Modal, Radio, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { post } from '../../api/client';
import { messageOf } from '../../api/problem';
import { said } from '../../i18n';
import { outdated, useGroups } from './api';
import { ticketPath } from './parts';
import { useColleagues } from './people';
import { PRIORITIES, type TicketRow } from './types';

interface Result {
  id: string;
  outcome: string;
  error?: { zh: string; en: string } | string | null;
}

type What = 'state' | 'assignee' | 'group' | 'priority';
const STATES = ['open', 'waiting', 'held', 'solved', 'closed', 'cancelled'] as const;

/** One change of many tickets: what it will do before, what became of each after. */
export function BulkDialog({ rows, onClose, onDone }: { rows: TicketRow[]; onClose: () => void; onDone: () => void }) {
  const { t } = useTranslation('desk');
  const queries = useQueryClient();
  const colleagues = useColleagues();
  const groups = useGroups().data ?? [];
  const [what, setWhat] = useState<What>('assignee');
  const [value, setValue] = useState<string>();
  const [reason, setReason] = useState('');
  const act = useMutation({
    mutationFn: () => {
      const name = what === 'assignee' ? 'staff_id' : what === 'group' ? 'group_id' : what;
      const change = { [name]: value, reason: reason.trim() || undefined };
      return post<{ results: Result[] }>('/tickets/bulk', { ids: rows.map((row) => row.id), change });
    },
    onSuccess: () => outdated(queries),
  });
  const options = {
    state: STATES.map((one) => ({ value: one as string, label: t(`state.${one}`) })),
    priority: PRIORITIES.map((one) => ({ value: one as string, label: t(`priority.${one}`) })),
    assignee: colleagues.map((one) => ({ value: one.id, label: one.name })),
    group: groups.map((one) => ({ value: one.id, label: one.name })),
  }[what];
  const label = options.find((one) => one.value === value)?.label;
  const customers = new Set(rows.map((row) => row.customer?.id ?? row.id)).size;
  const results = act.data?.results;
  const failed = results?.filter((one) => one.error) ?? [];
  const close = () => {
    if (results) onDone();
    onClose();
  };
  return (
    <Modal
      open
      title={t('bulk.title', { n: rows.length })}
      onCancel={close}
      onOk={results ? close : () => value && act.mutate()}
      okText={t(results ? 'common:action.close' : 'bulk.ok', { n: rows.length })}
      okButtonProps={{ disabled: !results && !value }}
      cancelButtonProps={results ? { style: { display: 'none' } } : undefined}
      confirmLoading={act.isPending}
    >
      {results ? (
        <>
          <Alert
            type={failed.length > 0 ? 'warning' : 'success'}
            showIcon
            title={t('bulk.done', { n: results.length - failed.length })}
            description={failed.length > 0 ? t('bulk.failed', { n: failed.length }) : undefined}
          />
          {failed.length > 0 && (
            <ul className="bulk-failed">
              {failed.map((one) => {
                const row = rows.find((each) => each.id === one.id);
                return (
                  <li key={one.id}>
                    <Link to={ticketPath(one.id)}>#{row?.number}</Link> {said(one.error)}
                  </li>
                );
              })}
            </ul>
          )}
        </>
      ) : (
        <Form layout="vertical">
          <Form.Item label={t('bulk.what')}>
            <Radio.Group
              value={what}
              onChange={(event) => {
                setWhat(event.target.value as What);
                setValue(undefined);
              }}
              options={(['assignee', ...(groups.length ? (['group'] as const) : []), 'state', 'priority'] as const).map(
                (one) => ({ value: one, label: t(`field.${one}`) }),
              )}
            />
          </Form.Item>
          <Form.Item label={t('bulk.to')}>
            <Select
              showSearch={{ optionFilterProp: 'label' }}
              aria-label={t('bulk.to')}
              value={value}
              onChange={setValue}
              options={options}
            />
          </Form.Item>
          <Form.Item label={`${t('field.reason')} (${t('common:optional')})`} htmlFor="bulk-reason">
            <Input
              id="bulk-reason"
              value={reason}
              maxLength={500}
              onChange={(event) => setReason(event.target.value)}
            />
          </Form.Item>
          {label && (
            <p className="bulk-preview" role="status">
              {t('bulk.preview', { n: rows.length, customers, what: t(`field.${what}`), to: label })}
              {what === 'state' && ['solved', 'closed'].includes(value ?? '') && ` ${t('bulk.preview_done')}`}
            </p>
          )}
          {act.isError && <Alert type="error" showIcon title={messageOf(act.error)} />}
        </Form>
      )}
    </Modal>
  );
}
