import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Form, Input, Modal, Skeleton, Tag } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get, post } from '../api/client';
import { messageOf } from '../api/problem';
import { said } from '../i18n';
import { ErrorView } from '../kit/ErrorView';
import { LevelBadge } from '../kit/level';
import { DayText } from '../kit/texts';
import { useLevels } from '../kit/useLevels';
import type { Decision, Review } from './api';

/** How the level came about, decision by decision, and a human being's look at it on request. */
export function LevelDecisions({ customerId, may }: { customerId: string; may: boolean }) {
  const { t } = useTranslation('privacy');
  const { byRank } = useLevels();
  const [asking, ask] = useState(false);
  const found = useQuery({
    queryKey: ['privacy', 'decisions', customerId],
    queryFn: ({ signal }) =>
      get<{ items: Decision[]; reviews: Review[] }>(`/customers/${customerId}/level-decisions`, undefined, signal),
  });
  const badge = (rank: number) => <LevelBadge {...byRank.get(rank)} rank={rank} />;
  return (
    <section>
      <div className="pv-head">
        <h3>{t('decisions.title')}</h3>
        {may && (
          <Button size="small" onClick={() => ask(true)}>
            {t('decisions.ask')}
          </Button>
        )}
      </div>
      <p className="quiet">{t('decisions.note')}</p>
      {found.isError && <ErrorView error={found.error} onRetry={() => found.refetch()} />}
      {found.isPending && <Skeleton active />}
      {found.data?.reviews.map((one) => (
        <Alert
          key={one.id}
          className="pv-gap"
          type={one.state === 'open' ? 'info' : 'success'}
          showIcon
          title={t(`review.${one.state}`)}
          description={
            <>
              <DayText value={one.asked_on} /> {said(one.why)}
              {one.reason && <div>{t('review.answer', { reason: one.reason })}</div>}
            </>
          }
        />
      ))}
      {found.data?.items.length === 0 && <p className="quiet">{t('decisions.none')}</p>}
      <ul className="pv-decisions">
        {found.data?.items.map((one) => (
          <li key={one.id}>
            <div className="pv-decision-head">
              <DayText value={one.as_of} />
              <span>
                {badge(one.from_rank)} → {badge(one.to_rank)}
              </span>
              <Tag>{t(one.automated ? 'decisions.automated' : 'decisions.person')}</Tag>
            </div>
            <p>{said(one.reason)}</p>
            <details>
              <summary>{t('decisions.inputs')}</summary>
              <p className="quiet">
                {said(one.programme)} · {t('decisions.version', { n: one.version_number })} · {t('decisions.published')}{' '}
                <DayText value={one.rules_published_at} /> · {t('decisions.score', { n: one.score.toFixed(1) })}
              </p>
              <Inputs value={one.inputs} />
            </details>
          </li>
        ))}
      </ul>
      {asking && <AskDialog customerId={customerId} onClose={() => ask(false)} />}
    </section>
  );
}

/** Figures as they were kept: names and values, groups one below the other. */
function Inputs({ value }: { value: Record<string, unknown> }) {
  const lines: [string, string][] = [];
  const walk = (prefix: string, one: unknown) => {
    if (one !== null && typeof one === 'object') {
      for (const [key, inner] of Object.entries(one)) walk(prefix ? `${prefix} › ${key}` : key, inner);
    } else {
      lines.push([prefix, String(one)]);
    }
  };
  walk('', value);
  return (
    <dl className="pv-inputs">
      {lines.map(([key, text]) => (
        <div key={key}>
          <dt>{key}</dt>
          <dd className="number">{text}</dd>
        </div>
      ))}
    </dl>
  );
}

function AskDialog({ customerId, onClose }: { customerId: string; onClose: () => void }) {
  const { t } = useTranslation('privacy');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [form] = Form.useForm<{ words: string }>();
  const run = useMutation({
    mutationFn: (values: { words: string }) => post(`/customers/${customerId}/level-review`, values),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['privacy', 'decisions', customerId] });
      void message.success(t('review.asked'));
      onClose();
    },
  });
  return (
    <Modal
      open
      title={t('decisions.ask')}
      okText={t('decisions.send')}
      confirmLoading={run.isPending}
      onOk={() => form.submit()}
      onCancel={onClose}
    >
      {run.isError && <Alert type="error" showIcon title={messageOf(run.error)} className="pv-gap" />}
      <p className="quiet">{t('decisions.ask_note')}</p>
      <Form form={form} layout="vertical" requiredMark={false} onFinish={(values) => run.mutate(values)}>
        <Form.Item
          name="words"
          label={t('words')}
          rules={[{ required: true, whitespace: true, min: 2, message: t('needed') }]}
        >
          <Input.TextArea rows={4} maxLength={1000} />
        </Form.Item>
      </Form>
    </Modal>
  );
}
