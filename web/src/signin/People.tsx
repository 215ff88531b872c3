import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Drawer, Form, Input, Popconfirm, Select, Skeleton } from 'antd';
import { useTranslation } from 'react-i18next';
import { call, get, post } from '../api/client';
import { messageOf } from '../api/problem';
import { useStaff } from '../customers/api';
import { ErrorView } from '../kit/ErrorView';
import { RelativeTime } from '../kit/texts';
import { type Identity, marked, type Provider } from './api';

/** Who is who: what the provider calls the people here. */
export function People({ provider, onClose }: { provider: Provider; onClose: () => void }) {
  const { t } = useTranslation('signin');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const staff = useStaff().data ?? [];
  const [form] = Form.useForm<{ subject: string; staff_id: string }>();
  const path = `/sign-in-providers/${provider.id}/identities`;
  const key = ['sign-in-identities', provider.id];
  const people = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => get<{ items: Identity[] }>(path, undefined, signal),
    select: (list) => list.items,
  });
  const again = () => {
    void queries.invalidateQueries({ queryKey: key });
    void queries.invalidateQueries({ queryKey: ['sign-in-providers'] });
  };
  const tie = useMutation({
    mutationFn: (values: { subject: string; staff_id: string }) =>
      post(path, { subject: values.subject.trim(), staff_id: values.staff_id }),
    onSuccess: () => {
      form.resetFields();
      again();
    },
    onError: (error) => {
      marked(
        error,
        (field) => field === 'subject' || field === 'staff_id',
        (faults) => form.setFields(faults as never),
      );
    },
  });
  const untie = useMutation({
    mutationFn: (subject: string) => call(path, { method: 'DELETE', query: { subject } }),
    onSuccess: again,
    onError: (error) => void message.error(messageOf(error)),
  });
  return (
    <Drawer open title={t('people_of', { name: provider.settings.name })} size="large" onClose={onClose}>
      <p className="quiet">{t(`people_note.${provider.settings.kind}`)}</p>
      <Form form={form} layout="vertical" requiredMark={false} className="sso-tie" onFinish={(v) => tie.mutate(v)}>
        <Form.Item name="staff_id" label={t('person')} rules={[{ required: true, message: t('needed') }]}>
          <Select
            showSearch={{ optionFilterProp: 'label' }}
            placeholder={t('person_hint')}
            options={staff.filter((one) => one.active).map((one) => ({ value: one.id, label: one.name }))}
          />
        </Form.Item>
        <Form.Item
          name="subject"
          label={t(`subject.${provider.settings.kind}`)}
          rules={[{ required: true, whitespace: true, message: t('needed') }]}
        >
          <Input maxLength={255} autoComplete="off" />
        </Form.Item>
        <Button htmlType="submit" loading={tie.isPending}>
          {t('tie')}
        </Button>
      </Form>
      {tie.isError && <Alert type="error" showIcon title={messageOf(tie.error)} className="sso-said" />}
      {people.isPending && <Skeleton active />}
      {people.isError && <ErrorView error={people.error} onRetry={() => people.refetch()} />}
      {people.data?.length === 0 && <p className="quiet">{t('people_empty')}</p>}
      <ul className="sso-rows">
        {people.data?.map((one) => (
          <li key={one.subject}>
            <div className="sso-what">
              <b>{one.staff_name}</b> <span className="quiet">{one.staff_login}</span>
              <p className="quiet sso-url">
                {one.subject} ·{' '}
                {one.seen_at ? (
                  <>
                    {t('seen')} <RelativeTime value={one.seen_at} />
                  </>
                ) : (
                  t('never_seen')
                )}
              </p>
            </div>
            <Popconfirm title={t('untie_question')} okText={t('untie')} onConfirm={() => untie.mutate(one.subject)}>
              <Button danger>{t('untie')}</Button>
            </Popconfirm>
          </li>
        ))}
      </ul>
    </Drawer>
  );
}
