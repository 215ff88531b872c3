import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { post } from '../api/client';
import { messageOf } from '../api/problem';
import { useCan } from '../api/session';
import { useStaff } from '../customers/api';
import { DayText, InstantText } from '../kit/texts';
import { useUrlState } from '../kit/useUrlState';
import { type Merged, type Since, useAlike, useMerges } from './api';
import { MergeDialog } from './MergeDialog';
import './merge.css';

/** On a customer's page: whose id led here, what was merged into him, and who may be the same. */
export default function CustomerMerges({ id }: { id: string }) {
  const { t } = useTranslation('merge');
  const can = useCan();
  const [state, change] = useUrlState();
  const may = can('merge_customers');
  const merges = useMerges(id).data ?? [];
  const alike = useAlike(id, may).data?.find((pair) => pair.likeness === 'sure');
  const staff = useStaff().data ?? [];
  const [parting, part] = useState<Merged>();
  const [since, tell] = useState<Since[]>();
  const [comparing, compare] = useState(false);
  const led = state.merged_from;
  const other =
    alike && (alike.one === id ? { id: alike.other, name: alike.other_name } : { id: alike.one, name: alike.one_name });
  return (
    <div className="mg-notes">
      {led && (
        <Alert
          type="info"
          showIcon
          closable={{ onClose: () => change({ merged_from: null }) }}
          title={t('led', { name: merges.find((one) => one.source_id === led)?.source_name ?? t('led_other') })}
        />
      )}
      {merges.map((one) => {
        const by = staff.find((person) => person.id === one.merged_by)?.name;
        return (
          <Alert
            key={one.id}
            type="info"
            title={
              <span className="mg-banner">
                <span>
                  {t('banner.from', { name: one.source_name })} <DayText value={one.merged_at} />
                </span>
                <span className="quiet">{[by, one.reason].filter(Boolean).join(t('colon'))}</span>
              </span>
            }
            action={
              may && (
                <Button size="small" onClick={() => part(one)}>
                  {t('undo.button')}
                  <span className="visually-hidden">{one.source_name}</span>
                </Button>
              )
            }
          />
        );
      })}
      {other && (
        <Alert
          type="warning"
          showIcon
          title={t('banner.alike', { name: other.name })}
          action={
            <Button size="small" onClick={() => compare(true)}>
              {t('compare')}
            </Button>
          }
        />
      )}
      {since && <Stayed since={since} onClose={() => tell(undefined)} />}
      {parting && (
        <PartDialog
          id={id}
          merged={parting}
          onClose={() => part(undefined)}
          onDone={(stayed) => {
            part(undefined);
            if (stayed.length > 0) tell(stayed);
          }}
        />
      )}
      {comparing && other && (
        <MergeDialog first={id} second={other.id} onClose={() => compare(false)} onDone={() => compare(false)} />
      )}
    </div>
  );
}

/** Before two are parted: what goes back and what stays. */
function PartDialog(props: { id: string; merged: Merged; onClose: () => void; onDone: (since: Since[]) => void }) {
  const { id, merged, onClose, onDone } = props;
  const { t } = useTranslation('merge');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const run = useMutation({
    mutationFn: () => post<{ since: Since[] }>(`/customers/${id}/merges/${merged.id}/undo`),
    onSuccess: ({ since }) => {
      void queries.invalidateQueries();
      void message.success(t('undo.done', { name: merged.source_name }));
      onDone(since);
    },
  });
  return (
    <Modal
      open
      title={t('undo.title', { name: merged.source_name })}
      onCancel={onClose}
      onOk={() => run.mutate()}
      okText={t('undo.ok')}
      confirmLoading={run.isPending}
    >
      <ul className="mg-list">
        <li>{t('undo.back', { name: merged.source_name })}</li>
        <li>{t('undo.fields')}</li>
        <li>{t('undo.stays')}</li>
        <li>{t('undo.level')}</li>
      </ul>
      {run.error && <Alert type="error" showIcon title={messageOf(run.error)} />}
    </Modal>
  );
}

/** What came since the merge and stayed. */
function Stayed({ since, onClose }: { since: Since[]; onClose: () => void }) {
  const { t } = useTranslation('merge');
  return (
    <Alert
      type="info"
      showIcon
      closable={{ onClose }}
      title={t('stayed.title')}
      description={
        <ul className="mg-list">
          {since.slice(0, 20).map((one) => (
            <li key={`${one.kind}${one.label}`}>
              {t(`stayed.${one.kind}`, { defaultValue: t('stayed.interaction') })} {one.label} ·{' '}
              <InstantText value={one.at} />
            </li>
          ))}
          {since.length > 20 && <li>{t('stayed.more', { n: since.length - 20 })}</li>}
        </ul>
      }
    />
  );
}
