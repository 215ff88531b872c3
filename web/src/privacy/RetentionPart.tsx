import { useMutation, useQuery } from '@tanstack/react-query';
import { Alert, App, Button, InputNumber, Modal, Skeleton, Switch } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { post } from '../api/client';
import { messageOf } from '../api/problem';
import { ErrorView } from '../kit/ErrorView';
import { count } from '../kit/format';
import { DayText } from '../kit/texts';
import type { Due, Retention } from './api';
import { useSettings } from './useSettings';

const CLASSES = [
  { key: 'interactions', least: 30, first: 1095 },
  { key: 'ticket_texts', least: 30, first: 1095 },
  { key: 'ticket_files', least: 30, first: 730 },
  { key: 'visit_notes', least: 30, first: 1095 },
  { key: 'import_files', least: 7, first: 30 },
  { key: 'inactive_customers', least: 365, first: 1825 },
];

/** What is forgotten after how long, with what that would be now. */
export function RetentionPart() {
  const { t } = useTranslation('privacy');
  const { message } = App.useApp();
  const { stored, save } = useSettings();
  const [rules, setRules] = useState<Retention[]>();
  const [asking, ask] = useState(false);
  useEffect(() => {
    if (stored.data) setRules(stored.data.retention);
  }, [stored.data]);
  const valid = rules?.every((rule) => {
    const least = CLASSES.find((one) => one.key === rule.class)?.least ?? 1;
    return rule.days === null || (rule.days >= least && rule.days <= 36_500);
  });
  const due = useQuery({
    queryKey: ['privacy', 'retention', rules],
    queryFn: () => post<{ items: Due[] }>('/privacy/retention/preview', { retention: rules }),
    enabled: !!rules && valid,
    placeholderData: (before) => before,
  });
  const run = useMutation({
    mutationFn: () => post('/privacy/retention/run'),
    onSuccess: () => {
      ask(false);
      void message.success(t('retention.started'));
    },
  });
  if (stored.isError) return <ErrorView error={stored.error} onRetry={() => stored.refetch()} />;
  if (!rules || !stored.data) return <Skeleton active />;
  const of = (key: string) => rules.find((one) => one.class === key)?.days ?? null;
  const set = (key: string, days: number | null) =>
    setRules([...rules.filter((one) => one.class !== key), { class: key, days }]);
  const text = (all: Retention[]) =>
    JSON.stringify(
      all
        .filter((one) => one.days !== null)
        .map((one) => [one.class, one.days])
        .sort(),
    );
  const changed = text(rules) !== text(stored.data.retention);
  return (
    <section className="panel">
      <p className="quiet">{t('retention.note')}</p>
      {save.isError && <Alert type="error" showIcon title={messageOf(save.error)} className="pv-gap" />}
      {due.isError && <Alert type="error" showIcon title={messageOf(due.error)} className="pv-gap" />}
      <ul className="pv-rules">
        {CLASSES.map(({ key, least, first }) => {
          const days = of(key);
          const found = due.data?.items.find((one) => one.class === key);
          const fault = days !== null && days < least;
          return (
            <li key={key}>
              <Switch
                checked={days !== null}
                onChange={(on) => set(key, on ? first : null)}
                aria-label={t(`class.${key}`)}
              />
              <div className="pv-rule-text">
                <b>{t(`class.${key}`)}</b>
                <span className="quiet">{t(`class_note.${key}`)}</span>
              </div>
              {days === null ? (
                <span className="quiet pv-rule-days">{t('retention.never')}</span>
              ) : (
                <div className="pv-rule-days">
                  <span>
                    <InputNumber
                      value={days}
                      precision={0}
                      max={36_500}
                      status={fault ? 'error' : undefined}
                      aria-label={t('retention.days', { name: t(`class.${key}`) })}
                      onChange={(value) => set(key, value ?? first)}
                    />{' '}
                    {t('day')}
                  </span>
                  {fault ? (
                    <span className="pv-fault">{t('retention.least', { n: least })}</span>
                  ) : (
                    found?.before && (
                      <span className={found.rows ? 'pv-due' : 'quiet'}>
                        <DayText value={found.before} /> {t('retention.before', { n: count(found.rows ?? 0) })}
                      </span>
                    )
                  )}
                </div>
              )}
            </li>
          );
        })}
      </ul>
      <div className="pv-deeds">
        <Button
          type="primary"
          disabled={!changed || !valid}
          loading={save.isPending}
          onClick={() => stored.data && save.mutate({ ...stored.data, retention: rules })}
        >
          {t('common:action.save')}
        </Button>
        <Button disabled={changed || rules.every((one) => one.days === null)} onClick={() => ask(true)}>
          {t('retention.run')}
        </Button>
      </div>
      <Modal
        open={asking}
        title={t('retention.question')}
        okText={t('retention.run')}
        okButtonProps={{ danger: true }}
        confirmLoading={run.isPending}
        onOk={() => run.mutate()}
        onCancel={() => ask(false)}
      >
        {run.isError && <Alert type="error" showIcon title={messageOf(run.error)} className="pv-gap" />}
        <ul className="pv-parts">
          {due.data?.items
            .filter((one) => one.days !== null)
            .map((one) => (
              <li key={one.class}>
                <span>{t(`class.${one.class}`)}</span>
                <span className="number">{count(one.rows ?? 0)}</span>
              </li>
            ))}
        </ul>
        <p>{t('retention.final')}</p>
      </Modal>
    </section>
  );
}
