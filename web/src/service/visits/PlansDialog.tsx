import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, App, InputNumber, Modal, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { put } from '../../api/client';
import { messageOf } from '../../api/problem';
import { said } from '../../i18n';
import type { Plan, Plans } from './api';

/** How many visits each level is promised; an empty number: none. */
export function PlansDialog({ plans, onClose }: { plans: Plans; onClose: () => void }) {
  const { t } = useTranslation('visits');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [items, change] = useState<Plan[]>(plans.items);
  const of = (level: string) => items.find((plan) => plan.level_id === level);
  const set = (level: string, visits: number | null, per: Plan['per']) =>
    change([...items.filter((plan) => plan.level_id !== level), ...(visits ? [{ level_id: level, visits, per }] : [])]);
  const save = useMutation({
    mutationFn: () => {
      const known = items.filter((plan) => plans.levels.some((level) => level.level_id === plan.level_id));
      return put('/visit-plans', { items: known });
    },
    onSuccess: () => {
      void message.success(t('common:saved'));
      void queries.invalidateQueries({ queryKey: ['service'] });
      onClose();
    },
  });
  return (
    <Modal
      open
      title={t('plans.title')}
      okText={t('common:action.save')}
      cancelText={t('common:action.cancel')}
      confirmLoading={save.isPending}
      onOk={() => save.mutate()}
      onCancel={onClose}
    >
      {save.isError && <Alert type="error" showIcon title={messageOf(save.error)} />}
      <p className="quiet">{plans.levels.length > 0 ? t('plans.note') : t('plans.no_levels')}</p>
      <ul className="vs-plans">
        {plans.levels.toReversed().map((level) => {
          const plan = of(level.level_id);
          const per = plan?.per ?? 'month';
          return (
            <li key={level.level_id}>
              <span>{said(level.name)}</span>
              <InputNumber
                aria-label={t('plans.visits_of', { level: said(level.name) })}
                min={1}
                max={31}
                precision={0}
                placeholder="–"
                value={plan?.visits}
                onChange={(visits) => set(level.level_id, visits, per)}
              />
              <Select
                aria-label={t('plans.per_of', { level: said(level.name) })}
                value={per}
                disabled={!plan}
                onChange={(value) => set(level.level_id, plan?.visits ?? null, value)}
                options={(['month', 'quarter'] as const).map((value) => ({ value, label: t(`plans.per_${value}`) }))}
              />
            </li>
          );
        })}
      </ul>
    </Modal>
  );
}
