import { CheckOutlined, CloseOutlined } from '@ant-design/icons';
import { useMutation } from '@tanstack/react-query';
import { Alert, Button, Form, Input, InputNumber, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { post } from '../../api/client';
import { messageOf } from '../../api/problem';
import { listed, said } from '../../i18n';
import { CustomerChoice } from '../desk/CustomerChoice';
import type { Decision } from './api';
import { LevelPick } from './LevelPick';

interface Values {
  customer_id?: string;
  level_rank: number;
  kind: string;
  channel: string;
  product?: string;
  language?: string;
  waited_min: number;
}

const KINDS = ['complaint', 'suggestion', 'question', 'praise'] as const;
const CHANNELS = ['form', 'member_page', 'email', 'phone', 'message', 'survey', 'staff', 'api'] as const;

/** Who would get a ticket now, and why each of the others would not. Nothing is written. */
export default function TryTab() {
  const { t } = useTranslation('routing');
  const tried = useMutation({
    mutationFn: (values: Values) => {
      const text = (word: string | undefined) => word?.trim() || null;
      return post<Decision>('/service/route', {
        ...values,
        customer_id: text(values.customer_id),
        product: text(values.product),
        language: text(values.language),
      });
    },
  });
  const decision = tried.data;
  return (
    <div className="routing-two">
      <section className="panel">
        <Form<Values>
          layout="vertical"
          initialValues={{ level_rank: 0, kind: 'question', channel: 'form', waited_min: 0 }}
          onFinish={(values) => tried.mutate(values)}
        >
          <Form.Item name="level_rank" label={t('try.level')}>
            <LevelPick />
          </Form.Item>
          <Form.Item name="customer_id" label={t('try.customer')} extra={t('try.customer_note')}>
            <CustomerChoice />
          </Form.Item>
          <div className="routing-pair">
            <Form.Item name="kind" label={t('try.kind')}>
              <Select options={KINDS.map((value) => ({ value, label: t(`desk:kind.${value}`) }))} />
            </Form.Item>
            <Form.Item name="channel" label={t('try.channel')}>
              <Select options={CHANNELS.map((value) => ({ value, label: t(`desk:channel.${value}`) }))} />
            </Form.Item>
          </div>
          <div className="routing-pair">
            <Form.Item name="product" label={t('try.product')}>
              <Input maxLength={100} />
            </Form.Item>
            <Form.Item name="language" label={t('try.language')}>
              <Input maxLength={20} placeholder="en" />
            </Form.Item>
          </div>
          <Form.Item name="waited_min" label={t('try.waited')} extra={t('try.waited_note')}>
            <InputNumber min={0} max={10080} precision={0} suffix={t('minutes')} />
          </Form.Item>
          <Button type="primary" htmlType="submit" loading={tried.isPending}>
            {t('try.go')}
          </Button>
        </Form>
      </section>
      <section className="panel" aria-live="polite">
        {tried.isError && <Alert type="error" showIcon title={messageOf(tried.error)} />}
        {!decision && !tried.isError && <p className="quiet">{t('try.nothing')}</p>}
        {decision && (
          <>
            <p className="quiet">{t(`desk:route.stage.${decision.stage}`)}</p>
            <h2>{decision.staff?.name ?? decision.group?.name ?? t('try.pool')}</h2>
            <p>{said(decision.why)}</p>
            {decision.skills.length > 0 && <p>{t('desk:route.skills', { names: listed(decision.skills) })}</p>}
            {decision.given_up.length > 0 && <p>{t('desk:route.given_up', { names: listed(decision.given_up) })}</p>}
            {decision.tried.length > 0 && <h3>{t('desk:route.tried')}</h3>}
            <ol className="routing-tried">
              {decision.tried.map((one, at) => (
                <li
                  key={`${one.stage}-${one.staff_id ?? one.group_id ?? at}-${at}`}
                  className={one.taken ? 'taken' : undefined}
                >
                  {one.taken ? (
                    <CheckOutlined aria-label={t('common:yes')} />
                  ) : (
                    <CloseOutlined aria-label={t('common:no')} />
                  )}
                  <span>
                    <b>{one.name}</b> <span className="quiet">{t(`desk:route.stage.${one.stage}`)}</span>
                    {one.reason && <span className="routing-reason">{said(one.reason)}</span>}
                  </span>
                </li>
              ))}
            </ol>
            {decision.more > 0 && <p className="quiet">{t('desk:route.more', { n: decision.more })}</p>}
          </>
        )}
      </section>
    </div>
  );
}
