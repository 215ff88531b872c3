import { ArrowDownOutlined, ArrowUpOutlined, PlusOutlined } from '@ant-design/icons';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { App, Button, Skeleton, Tag } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { put, remove } from '../../api/client';
import { messageOf } from '../../api/problem';
import { useCan } from '../../api/session';
import { Empty } from '../../kit/Empty';
import { ErrorView } from '../../kit/ErrorView';
import { PageHeader } from '../../kit/PageHeader';
import { calendarName, useCalendars } from '../calendars/api';
import { useRankName } from '../routing/LevelPick';
import { lengthOf, type Policy, usePolicies } from './api';
import { PolicyDialog } from './PolicyDialog';
import './policies.css';
import { TryBox } from './TryBox';

/** What is promised to whom: in order, the first that matches. */
export default function PoliciesPage() {
  const { t } = useTranslation('policies');
  const { message, modal } = App.useApp();
  const queries = useQueryClient();
  const may = useCan()('manage_service');
  const found = usePolicies();
  const calendars = useCalendars();
  const rank = useRankName();
  const [editing, edit] = useState<Policy | 'new'>();
  const items = found.data?.items ?? [];
  const again = () => queries.invalidateQueries({ queryKey: ['service', 'policies'] });
  const failed = (error: unknown) => void message.error(messageOf(error));
  const order = useMutation({
    mutationFn: (ids: string[]) => put('/service-policies/order', { ids }),
    onSettled: () => void again(),
    onError: failed,
  });
  const drop = useMutation({
    mutationFn: (id: string) => remove(`/service-policies/${id}`),
    onSuccess: () => void again(),
    onError: failed,
  });
  const move = (at: number, by: number) => {
    const ids = items.map((one) => one.id);
    const [moved] = ids.splice(at, 1);
    if (moved) ids.splice(at + by, 0, moved);
    order.mutate(ids);
  };
  const whom = (policy: Policy) => {
    const parts = [];
    if (policy.vip) parts.push(t('whom.vip'));
    if (policy.rank_from != null) parts.push(t('whom.from', { level: rank(policy.rank_from) }));
    if (policy.rank_to != null) parts.push(t('whom.to', { level: rank(policy.rank_to) }));
    if (policy.kinds.length > 0) parts.push(policy.kinds.map((kind) => t(`desk:kind.${kind}`)).join('、'));
    if (policy.priorities.length > 0) parts.push(policy.priorities.map((one) => t(`desk:priority.${one}`)).join('、'));
    return parts.length > 0 ? parts.join(' · ') : t('whom.all');
  };
  const calendar = (id: string) => calendarName(calendars.data?.items.find((one) => one.id === id)?.spec.name ?? '');
  const add = may && (
    <Button type="primary" icon={<PlusOutlined />} onClick={() => edit('new')}>
      {t('new')}
    </Button>
  );
  return (
    <div className="policies">
      <PageHeader title={t('title')} note={t('note')} extra={add || undefined} />
      <div className="policies-two">
        <section className="panel">
          {found.isError && <ErrorView error={found.error} onRetry={() => found.refetch()} />}
          {found.isPending && <Skeleton active />}
          {found.data && items.length === 0 && (
            <Empty title={t('none')} note={t('none_note')} action={add || undefined} />
          )}
          <ol className="policies-list">
            {items.map((policy, at) => (
              <li key={policy.id} className={policy.active ? undefined : 'off'}>
                <div className="policies-head">
                  <span className="policies-place">{at + 1}</span>
                  <h3>{policy.name}</h3>
                  {!policy.active && <Tag>{t('off')}</Tag>}
                  {may && (
                    <span className="policies-acts">
                      <Button
                        size="small"
                        type="text"
                        icon={<ArrowUpOutlined />}
                        aria-label={t('up', { name: policy.name })}
                        disabled={at === 0 || order.isPending}
                        onClick={() => move(at, -1)}
                      />
                      <Button
                        size="small"
                        type="text"
                        icon={<ArrowDownOutlined />}
                        aria-label={t('down', { name: policy.name })}
                        disabled={at === items.length - 1 || order.isPending}
                        onClick={() => move(at, 1)}
                      />
                      <Button size="small" onClick={() => edit(policy)}>
                        {t('common:action.edit')}
                        <span className="visually-hidden">{policy.name}</span>
                      </Button>
                      <Button
                        size="small"
                        danger
                        type="text"
                        onClick={() =>
                          void modal.confirm({
                            title: t('delete', { name: policy.name }),
                            content: t('delete_note'),
                            okText: t('common:action.delete'),
                            cancelText: t('common:action.cancel'),
                            onOk: () => drop.mutateAsync(policy.id).catch(() => undefined),
                          })
                        }
                      >
                        {t('common:action.delete')}
                      </Button>
                    </span>
                  )}
                </div>
                <p>{whom(policy)}</p>
                <ul className="policies-targets">
                  {policy.targets.map((target) => {
                    const { amount, word } = lengthOf(target);
                    return (
                      <li key={target.metric}>
                        <span className="quiet">{t(`metric.${target.metric}`)}</span>
                        <b>{t(`length.${word}`, { n: amount, count: amount })}</b>
                      </li>
                    );
                  })}
                </ul>
                <p className="quiet">
                  {t('by', { calendar: calendar(policy.calendar_id) })} · {t(`mode.${policy.mode}`)} ·{' '}
                  {t('steps_count', { n: policy.steps.length, count: policy.steps.length })}
                </p>
              </li>
            ))}
          </ol>
        </section>
        <TryBox />
      </div>
      {editing && <PolicyDialog policy={editing === 'new' ? undefined : editing} onClose={() => edit(undefined)} />}
    </div>
  );
}
