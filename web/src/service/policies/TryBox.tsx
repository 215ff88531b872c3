import { CheckOutlined, MinusOutlined } from '@ant-design/icons';
import { useMutation } from '@tanstack/react-query';
import { Alert, Button, DatePicker, Form, Select } from 'antd';
import type { Dayjs } from 'dayjs';
import { useTranslation } from 'react-i18next';
import { post } from '../../api/client';
import { messageOf } from '../../api/problem';
import { instantText } from '../../kit/format';
import { LevelPick } from '../routing/LevelPick';
import { KINDS, lengthOf, PRIORITIES, type Tried } from './api';

interface Values {
  level_rank: number;
  kind: string;
  priority?: string;
  opened_at?: Dayjs | null;
}

/** Which policy a ticket would come under, and when it would be due. Nothing is written. */
export function TryBox() {
  const { t } = useTranslation('policies');
  const tried = useMutation({
    mutationFn: ({ opened_at, ...values }: Values) =>
      post<Tried>('/service-policies/try', { ...values, opened_at: opened_at?.toISOString() ?? null }),
  });
  const found = tried.data;
  return (
    <section className="panel policies-try">
      <h2>{t('try.title')}</h2>
      <Form<Values>
        layout="vertical"
        initialValues={{ level_rank: 0, kind: 'question' }}
        onFinish={(values) => tried.mutate(values)}
      >
        <div className="policies-pair">
          <Form.Item name="level_rank" label={t('try.level')}>
            <LevelPick />
          </Form.Item>
          <Form.Item name="kind" label={t('kinds')}>
            <Select options={KINDS.map((value) => ({ value, label: t(`desk:kind.${value}`) }))} />
          </Form.Item>
          <Form.Item name="priority" label={t('priorities')}>
            <Select
              allowClear
              placeholder={t('try.by_kind')}
              options={PRIORITIES.map((value) => ({ value, label: t(`desk:priority.${value}`) }))}
            />
          </Form.Item>
          <Form.Item name="opened_at" label={t('try.opened')}>
            <DatePicker showTime={{ format: 'HH:mm' }} format="YYYY-MM-DD HH:mm" placeholder={t('try.now')} />
          </Form.Item>
        </div>
        <Button type="primary" htmlType="submit" loading={tried.isPending}>
          {t('try.go')}
        </Button>
      </Form>
      {tried.isError && <Alert type="error" showIcon title={messageOf(tried.error)} />}
      {found && (
        <div aria-live="polite">
          <h3>{found.policy ? found.policy.name : t('try.nothing')}</h3>
          {found.dues.map((due) => {
            const { amount, word } = lengthOf(due.target);
            return (
              <div key={due.target.metric} className="policies-due">
                <b>{t(`metric.${due.target.metric}`)}</b> {t(`length.${word}`, { n: amount, count: amount })}
                {due.due_at && (
                  <>
                    {' → '}
                    <b>{instantText(due.due_at)}</b>
                  </>
                )}
                {due.target.unit !== 'minutes' && (
                  <ul className="quiet">
                    {due.days.map((day) => (
                      <li key={day.day}>
                        {day.day} {day.hours.join(' ')} · {t('length.minutes', { n: day.minutes })}
                      </li>
                    ))}
                  </ul>
                )}
              </div>
            );
          })}
          <h4>{t('try.looked')}</h4>
          <ol className="policies-looked">
            {found.looked_at.map((one) => (
              <li key={one.id} className={one.id === found.policy?.id ? 'taken' : undefined}>
                {one.matches ? (
                  <CheckOutlined aria-label={t('common:yes')} />
                ) : (
                  <MinusOutlined aria-label={t('common:no')} />
                )}{' '}
                {one.name}
              </li>
            ))}
          </ol>
        </div>
      )}
    </section>
  );
}
