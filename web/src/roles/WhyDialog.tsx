import { CheckCircleFilled, CloseCircleFilled } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Alert, Modal, Select, Skeleton } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get } from '../api/client';
import { messageOf } from '../api/problem';
import { useStaff } from '../customers/api';
import { said } from '../i18n';
import './roles.css';

interface Why {
  sees: boolean;
  edits: boolean;
  steps: { step: string; ok: boolean; text: { zh: string; en: string } }[];
}

/** Why a colleague sees this customer, or does not. */
export default function WhyDialog({
  customer,
  onClose,
}: {
  customer: { id: string; name: string };
  onClose: () => void;
}) {
  const { t } = useTranslation('roles');
  const staff = useStaff().data ?? [];
  const [who, setWho] = useState<string>();
  const why = useQuery({
    queryKey: ['why', customer.id, who],
    queryFn: ({ signal }) => get<Why>(`/customers/${customer.id}/why`, { staff_id: who }, signal),
    enabled: !!who,
    retry: false,
  });
  const name = staff.find((one) => one.id === who)?.name ?? '';
  return (
    <Modal open title={t('why.title', { name: customer.name })} footer={null} onCancel={onClose}>
      <Select
        className="why-who"
        showSearch={{ optionFilterProp: 'label' }}
        placeholder={t('why.who')}
        aria-label={t('why.who')}
        value={who}
        onChange={setWho}
        options={staff.map((one) => ({ value: one.id, label: one.name }))}
      />
      {why.isError && <Alert type="error" showIcon title={messageOf(why.error)} />}
      {who && why.isPending && <Skeleton active />}
      {why.data && (
        <>
          <p className="why-answer">
            {why.data.sees
              ? why.data.edits
                ? t('why.edits', { name })
                : t('why.sees', { name })
              : t('why.not', { name })}
          </p>
          <ul className="why-steps">
            {why.data.steps.map((one) => (
              <li key={one.step} className={one.ok ? 'ok' : 'no'}>
                {one.ok ? <CheckCircleFilled aria-hidden /> : <CloseCircleFilled aria-hidden />}
                <span>{said(one.text)}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </Modal>
  );
}
