import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, App, AutoComplete, Button, DatePicker, Form, Input, Select, Skeleton } from 'antd';
import dayjs, { type Dayjs } from 'dayjs';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { get, put } from '../api/client';
import { messageOf, Problem } from '../api/problem';
import { type Organisation, useSession } from '../api/session';
import { currencies, zones } from '../imports/zones';
import { ErrorView } from '../kit/ErrorView';

type Values = Omit<Organisation, 'as_of' | 'version'> & { as_of: Dayjs | null };

export function OrganisationTab() {
  const { t } = useTranslation('settings');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const { setup } = useSession();
  const [form] = Form.useForm<Values>();
  const found = useQuery({
    queryKey: ['organisation'],
    queryFn: ({ signal }) => get<Organisation>('/organisation', undefined, signal),
  });
  useEffect(() => {
    if (found.data) form.setFieldsValue({ ...found.data, as_of: found.data.as_of ? dayjs(found.data.as_of) : null });
  }, [found.data, form]);
  const save = useMutation({
    mutationFn: (values: Values) =>
      put<Organisation>(
        '/organisation',
        { ...found.data, ...values, as_of: values.as_of?.format('YYYY-MM-DD') ?? null },
        { version: found.data?.version },
      ),
    onSuccess: async () => {
      message.success(t('common:saved'));
      await queries.invalidateQueries();
    },
    onError: (error) => {
      if (!(error instanceof Problem)) return;
      form.setFields(
        Object.entries(error.fields).map(([name, text]) => ({ name: name as keyof Values, errors: [text] })),
      );
    },
  });
  if (found.isError) return <ErrorView error={found.error} onRetry={() => found.refetch()} />;
  if (!found.data) return <Skeleton active />;
  const fixed = setup.orders > 0;
  const unmarked = save.error && !(save.error instanceof Problem && Object.keys(save.error.fields).length > 0);
  return (
    <Form
      form={form}
      layout="vertical"
      name="organisation"
      className="panel settings-form"
      onFinish={(values) => save.mutate(values)}
      requiredMark={false}
    >
      <h2>{t('tab.organisation')}</h2>
      {unmarked && <Alert type="error" showIcon title={messageOf(save.error)} style={{ marginBottom: 16 }} />}
      <Form.Item
        name="name"
        label={t('organisation.name')}
        rules={[{ required: true, whitespace: true, message: t('needed') }]}
      >
        <Input maxLength={80} />
      </Form.Item>
      <Form.Item name="currency" label={t('organisation.currency')} extra={fixed ? t('organisation.fixed') : undefined}>
        <Select disabled={fixed} showSearch options={currencies.map((value) => ({ value, label: value }))} />
      </Form.Item>
      <Form.Item name="time_zone" label={t('organisation.zone')} extra={fixed ? t('organisation.fixed') : undefined}>
        <AutoComplete disabled={fixed} options={zones.map((value) => ({ value }))} />
      </Form.Item>
      <Form.Item name="locale" label={t('organisation.locale')}>
        <Select
          options={[
            { value: 'zh', label: '简体中文' },
            { value: 'en', label: 'English' },
          ]}
        />
      </Form.Item>
      <Form.Item name="as_of" label={t('organisation.as_of')} extra={t('organisation.as_of_note')}>
        <DatePicker placeholder={t('organisation.today')} style={{ width: '100%' }} />
      </Form.Item>
      <Button type="primary" htmlType="submit" loading={save.isPending}>
        {t('common:action.save')}
      </Button>
    </Form>
  );
}
