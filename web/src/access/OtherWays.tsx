import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Divider, Form, Input } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { get, post } from '../api/client';
import { messageOf, Problem } from '../api/problem';

interface Method {
  id: string;
  name: string;
  kind: 'oidc' | 'wecom';
}

const known = ['cancelled', 'expired', 'failed', 'inactive', 'not_linked', 'off', 'unknown', 'unreachable', 'wait'];

/** Why a provider's sign-in came to nothing, from the address that it led back to. */
export function SignInProblem({ said }: { said: string | null }) {
  const { t } = useTranslation('access');
  const word = said?.replace(/^sign_in_/, '');
  if (!word || word === 'code') return null;
  const type = word === 'cancelled' ? 'info' : 'error';
  return (
    <Alert
      type={type}
      showIcon
      role="alert"
      title={t(`ways.${known.includes(word) ? word : 'failed'}`)}
      className="door-note"
    />
  );
}

/** The buttons of the providers; nothing where there are none. */
export function OtherWays({ next }: { next: string }) {
  const { t } = useTranslation('access');
  const methods = useQuery({
    queryKey: ['sign-in-methods'],
    queryFn: ({ signal }) => get<{ items: Method[] }>('/public/sign-in-methods', undefined, signal),
    select: (list) => list.items,
    staleTime: 60_000,
    retry: false,
  });
  if (!methods.data?.length) return null;
  const query = new URLSearchParams({ next }).toString();
  return (
    <div className="door-ways">
      <Divider plain>{t('ways.or')}</Divider>
      {methods.data.map((one) => (
        <Button key={one.id} block size="large" href={`/sso/${one.id}/start?${query}`}>
          {t(one.kind === 'wecom' ? 'ways.scan' : 'ways.with', { name: one.name })}
        </Button>
      ))}
    </div>
  );
}

/** The provider has said who it is; the house asks for its own second step. */
export function SignInCode() {
  const { t } = useTranslation('access');
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [form] = Form.useForm<{ code: string }>();
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const back = () => navigate('/login', { replace: true });
  const submit = async ({ code }: { code: string }) => {
    setBusy(true);
    setProblem(undefined);
    try {
      await post<{ next: string }>('/public/sign-in-code', { code: code.trim() });
      await queries.invalidateQueries({ queryKey: ['session'] });
    } catch (error) {
      if (error instanceof Problem && error.code === 'sign_in_expired')
        navigate('/login?sign_in=sign_in_expired', { replace: true });
      else if (error instanceof Problem && error.fields.code)
        form.setFields([{ name: 'code', errors: [error.fields.code] }]);
      else setProblem(messageOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Form form={form} layout="vertical" onFinish={submit} requiredMark={false} size="large">
      {problem && <Alert type="error" showIcon title={problem} className="door-note" role="alert" />}
      <Form.Item
        name="code"
        label={t('step.any_code')}
        extra={t('step.ask')}
        rules={[{ required: true, whitespace: true, message: t('step.code_needed') }]}
      >
        <Input autoComplete="one-time-code" autoFocus maxLength={40} />
      </Form.Item>
      <Button type="primary" htmlType="submit" block loading={busy}>
        {t('sign_in')}
      </Button>
      <Button type="link" block onClick={back}>
        {t('step.back')}
      </Button>
    </Form>
  );
}
