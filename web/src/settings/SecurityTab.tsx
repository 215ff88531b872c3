import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Form, InputNumber, Radio, Skeleton } from 'antd';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { get, put } from '../api/client';
import { messageOf, Problem } from '../api/problem';
import { ErrorView } from '../kit/ErrorView';

type Policy = {
  password_chars_min: number;
  idle_minutes: number;
  life_hours: number;
  second_factor: 'optional' | 'administrators' | 'everyone';
  version: number;
};

/** What the house asks of a login. */
export function SecurityTab() {
  const { t } = useTranslation('settings');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [form] = Form.useForm<Policy>();
  const found = useQuery({
    queryKey: ['security-policy'],
    queryFn: ({ signal }) => get<Policy>('/security-policy', undefined, signal),
  });
  useEffect(() => {
    if (found.data) form.setFieldsValue(found.data);
  }, [found.data, form]);
  const save = useMutation({
    mutationFn: (values: Policy) =>
      put<Policy>('/security-policy', { ...found.data, ...values }, { version: found.data?.version }),
    onSuccess: async () => {
      message.success(t('common:saved'));
      await queries.invalidateQueries({ queryKey: ['security-policy'] });
      await queries.invalidateQueries({ queryKey: ['session'] });
    },
    onError: (error) => {
      if (!(error instanceof Problem)) return;
      form.setFields(
        Object.entries(error.fields).map(([name, text]) => ({ name: name as keyof Policy, errors: [text] })),
      );
    },
  });
  if (found.isError) return <ErrorView error={found.error} onRetry={() => found.refetch()} />;
  if (!found.data) return <Skeleton active />;
  const unmarked = save.error && !(save.error instanceof Problem && Object.keys(save.error.fields).length > 0);
  const number = (name: 'password_chars_min' | 'idle_minutes' | 'life_hours', low: number, high: number) => (
    <Form.Item
      name={name}
      label={t(`security.${name}`)}
      extra={t('security.range', { low, high })}
      rules={[{ required: true, type: 'integer', min: low, max: high, message: t('security.range', { low, high }) }]}
    >
      <InputNumber style={{ width: 160 }} precision={0} />
    </Form.Item>
  );
  return (
    <Form
      form={form}
      layout="vertical"
      name="security"
      className="panel settings-form"
      onFinish={(values) => save.mutate(values)}
      requiredMark={false}
    >
      <h2>{t('tab.security')}</h2>
      {unmarked && <Alert type="error" showIcon title={messageOf(save.error)} style={{ marginBottom: 16 }} />}
      <Form.Item name="second_factor" label={t('security.second_factor')} extra={t('security.second_factor_note')}>
        <Radio.Group
          options={(['optional', 'administrators', 'everyone'] as const).map((value) => ({
            value,
            label: t(`security.for.${value}`),
          }))}
        />
      </Form.Item>
      {number('password_chars_min', 10, 64)}
      {number('idle_minutes', 5, 10080)}
      {number('life_hours', 1, 720)}
      <Button type="primary" htmlType="submit" loading={save.isPending}>
        {t('common:action.save')}
      </Button>
    </Form>
  );
}
