import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Form, Input, Segmented, Skeleton, Tag } from 'antd';
import { useTranslation } from 'react-i18next';
import { get, patch, post, remove } from '../api/client';
import { messageOf, Problem } from '../api/problem';
import { useSession } from '../api/session';
import type { Schemas } from '../api/types';
import { currentLanguage, type Language, localeOf, setLanguage } from '../i18n';
import { RelativeTime } from '../kit/texts';
import { SecondStepPanel } from './SecondStepPanel';

type Login = Schemas['Session'];

/** `Chrome · Windows` out of what a browser says of itself. */
export function browserOf(agent: string): string {
  const browser = /Edg\//.test(agent)
    ? 'Edge'
    : /MicroMessenger/.test(agent)
      ? 'WeChat'
      : /Firefox\//.test(agent)
        ? 'Firefox'
        : /Chrome\//.test(agent)
          ? 'Chrome'
          : /Safari\//.test(agent)
            ? 'Safari'
            : agent.split(/[/ ]/)[0] || '–';
  const system = /Android/.test(agent)
    ? 'Android'
    : /iPhone|iPad/.test(agent)
      ? 'iOS'
      : /Windows/.test(agent)
        ? 'Windows'
        : /Mac OS X/.test(agent)
          ? 'macOS'
          : /Linux/.test(agent)
            ? 'Linux'
            : '';
  return system ? `${browser} · ${system}` : browser;
}

export function AccountTab() {
  const { t } = useTranslation('settings');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const session = useSession();
  const [form] = Form.useForm<{ current: string; wanted: string; again: string }>();
  const logins = useQuery({
    queryKey: ['sessions'],
    queryFn: ({ signal }) => get<{ items: Login[] }>('/sessions', undefined, signal),
    select: (list) => list.items,
  });
  const speak = async (language: Language) => {
    await patch('/session', { locale: localeOf(language) }).catch((error) => message.error(messageOf(error)));
    await setLanguage(language);
    void queries.invalidateQueries();
  };
  const end = async (login: Login) => {
    try {
      await remove(`/sessions/${login.id}`);
      await queries.invalidateQueries({ queryKey: ['sessions'] });
    } catch (error) {
      message.error(messageOf(error));
    }
  };
  const change = useMutation({
    mutationFn: ({ current, wanted }: { current: string; wanted: string }) =>
      post('/session/password', { current, new: wanted }),
    onSuccess: () => {
      message.success(t('account.password_done'));
      form.resetFields();
      void queries.invalidateQueries({ queryKey: ['sessions'] });
    },
    onError: (error) => {
      if (!(error instanceof Problem)) return;
      if (error.fields.new) form.setFields([{ name: 'wanted', errors: [error.fields.new] }]);
      if (error.fields.current) form.setFields([{ name: 'current', errors: [error.fields.current] }]);
    },
  });
  const unmarked = change.error && !(change.error instanceof Problem && Object.keys(change.error.fields).length > 0);
  return (
    <div className="settings-stack">
      <section className="panel">
        <h2>{t('tab.account')}</h2>
        <dl className="account-facts">
          <dt>{t('staff.name')}</dt>
          <dd>{session.staff.name}</dd>
          <dt>{t('staff.login')}</dt>
          <dd>{session.staff.login}</dd>
          <dt>{t('staff.role')}</dt>
          <dd>{t(`role.${session.staff.role}`)}</dd>
          <dt id="language-label">{t('account.language')}</dt>
          <dd>
            <Segmented<Language>
              aria-labelledby="language-label"
              value={currentLanguage()}
              onChange={(language) => void speak(language)}
              options={[
                { value: 'zh-CN', label: '简体中文' },
                { value: 'en', label: 'English' },
              ]}
            />
          </dd>
        </dl>
      </section>
      <section className="panel">
        <h2>{t('account.password')}</h2>
        <Form
          form={form}
          layout="vertical"
          name="password"
          className="settings-form"
          requiredMark={false}
          onFinish={(values) => change.mutate(values)}
        >
          {unmarked && <Alert type="error" showIcon title={messageOf(change.error)} style={{ marginBottom: 16 }} />}
          <Form.Item
            name="current"
            label={t('access:password_current')}
            rules={[{ required: true, message: t('access:password_needed') }]}
          >
            <Input.Password autoComplete="current-password" />
          </Form.Item>
          <Form.Item
            name="wanted"
            label={t('access:password_new')}
            className="told-once"
            extra={t('access:password_rule')}
            rules={[
              { required: true, message: t('access:password_rule') },
              { min: 10, message: t('access:password_rule') },
            ]}
          >
            <Input.Password autoComplete="new-password" />
          </Form.Item>
          <Form.Item
            name="again"
            label={t('access:password_again')}
            dependencies={['wanted']}
            rules={[
              { required: true, message: t('access:password_needed') },
              ({ getFieldValue }) => ({
                validator: (_, value) =>
                  !value || value === getFieldValue('wanted')
                    ? Promise.resolve()
                    : Promise.reject(new Error(t('access:password_differs'))),
              }),
            ]}
          >
            <Input.Password autoComplete="new-password" />
          </Form.Item>
          <Button type="primary" htmlType="submit" loading={change.isPending}>
            {t('access:change_password')}
          </Button>
        </Form>
      </section>
      <SecondStepPanel />
      <section className="panel">
        <h2>{t('account.sessions')}</h2>
        {logins.isPending && <Skeleton active />}
        <ul className="rows">
          {logins.data?.map((login) => (
            <li key={login.id}>
              <div>
                <b>{browserOf(login.agent)}</b> {login.current && <Tag color="success">{t('account.this_one')}</Tag>}
                <p className="quiet">
                  {login.address} · {t('account.seen')} <RelativeTime value={login.seen_at} />
                </p>
              </div>
              {!login.current && <Button onClick={() => void end(login)}>{t('account.end')}</Button>}
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}
