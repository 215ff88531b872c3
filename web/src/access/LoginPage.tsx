import { useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Form, Input } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate, useSearchParams } from 'react-router';
import { patch, post, remove } from '../api/client';
import { messageOf, Problem } from '../api/problem';
import { type Session, useSessionQuery } from '../api/session';
import { currentLanguage, languageOf, localeOf, setLanguage } from '../i18n';
import { OtherWays, SignInCode, SignInProblem } from './OtherWays';
import { SecondStepSetup } from './SecondStep';
import './login.css';

/** Only an address of this app: a link to the door must not lead out of the house. */
export function safeNext(next: string | null): string {
  return next?.startsWith('/') && !next.startsWith('//') && !next.startsWith('/\\') && !next.startsWith('/login')
    ? next
    : '/';
}

export default function LoginPage() {
  const { t } = useTranslation('access');
  const session = useSessionQuery();
  const navigate = useNavigate();
  const [search] = useSearchParams();
  const mustChange = session.data?.must_change_password === true;
  const mustStep = session.data?.second_step_missing === true;
  const inside = session.data && !mustChange && !mustStep;
  const [chosen, setChosen] = useState(false);
  // The one-time password, kept for the step that follows: nobody types it twice.
  const [once, setOnce] = useState<string>();

  useEffect(() => {
    if (inside) navigate(safeNext(search.get('next')), { replace: true });
  }, [inside, navigate, search]);

  return (
    <main className="door">
      <div className="door-card">
        <div className="door-brand">
          <span className="seal" aria-hidden>
            尊
          </span>
          <div>
            <h1>{t('common:brand')}</h1>
            <p>{t('motto')}</p>
          </div>
        </div>
        {mustChange ? (
          <NewPassword once={once} />
        ) : mustStep ? (
          <MustStep />
        ) : search.get('sign_in') === 'code' ? (
          <SignInCode />
        ) : (
          <>
            <SignInProblem said={search.get('sign_in')} />
            <SignIn next={search.get('next')} chosen={chosen} onEntered={setOnce} />
            <OtherWays next={safeNext(search.get('next'))} />
          </>
        )}
        <Button
          type="link"
          className="door-language"
          onClick={() => {
            setChosen(true);
            void setLanguage(currentLanguage() === 'zh-CN' ? 'en' : 'zh-CN');
          }}
        >
          {t('common:shell.other_language')}
        </Button>
      </div>
    </main>
  );
}

function SignIn({
  next,
  chosen,
  onEntered,
}: {
  next: string | null;
  chosen: boolean;
  onEntered: (password: string) => void;
}) {
  const { t } = useTranslation('access');
  const queries = useQueryClient();
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  // The password is right, and a code is asked for.
  const [asked, setAsked] = useState(false);
  const [form] = Form.useForm<{ login: string; password: string; code?: string }>();

  const submit = async (values: { login: string; password: string; code?: string }) => {
    setBusy(true);
    setProblem(undefined);
    try {
      const { staff } = await post<Pick<Session, 'staff'>>('/session', {
        login: values.login.trim(),
        password: values.password,
        ...(asked ? { code: values.code } : {}),
      });
      // The language chosen at the door wins over the account's, and becomes it.
      const kept = languageOf(staff.locale);
      if (chosen) await patch('/session', { locale: localeOf(currentLanguage()) }).catch(() => undefined);
      else if (kept) await setLanguage(kept);
      onEntered(values.password);
      await queries.invalidateQueries({ queryKey: ['session'] });
    } catch (error) {
      if (error instanceof Problem && error.code === 'second_factor_required') setAsked(true);
      else if (asked && error instanceof Problem && error.fields.code)
        form.setFields([{ name: 'code', errors: [error.fields.code] }]);
      else setProblem(messageOf(error));
    } finally {
      setBusy(false);
    }
  };

  return (
    <Form form={form} layout="vertical" onFinish={submit} requiredMark={false} size="large">
      {problem ? (
        <Alert type="error" showIcon title={problem} className="door-note" role="alert" />
      ) : (
        next && <Alert type="info" showIcon title={t('sign_in_to_go_on')} className="door-note" />
      )}
      <Form.Item
        name="login"
        label={t('login')}
        hidden={asked}
        rules={[{ required: true, whitespace: true, message: t('login_needed') }]}
      >
        <Input autoComplete="username" autoFocus autoCapitalize="none" />
      </Form.Item>
      <Form.Item
        name="password"
        label={t('password')}
        hidden={asked}
        rules={[{ required: true, message: t('password_needed') }]}
      >
        <Input.Password autoComplete="current-password" />
      </Form.Item>
      {asked && (
        <Form.Item
          name="code"
          label={t('step.any_code')}
          extra={t('step.ask')}
          rules={[{ required: true, whitespace: true, message: t('step.code_needed') }]}
        >
          <Input autoComplete="one-time-code" autoFocus maxLength={40} />
        </Form.Item>
      )}
      <Button type="primary" htmlType="submit" block loading={busy}>
        {t('sign_in')}
      </Button>
      {asked ? (
        <Button type="link" block onClick={() => setAsked(false)}>
          {t('step.back')}
        </Button>
      ) : (
        <p className="quiet door-help">{t('first_time')}</p>
      )}
    </Form>
  );
}

/** The house asks for a second step: it is set up before anything else. */
function MustStep() {
  const { t } = useTranslation('access');
  const queries = useQueryClient();
  return (
    <>
      <Alert type="info" showIcon title={t('step.must')} className="door-note" />
      <SecondStepSetup onDone={() => void queries.invalidateQueries({ queryKey: ['session'] })} />
      <Button
        type="link"
        block
        onClick={() => void remove('/session').finally(() => queries.invalidateQueries({ queryKey: ['session'] }))}
      >
        {t('use_other_account')}
      </Button>
    </>
  );
}

/** The one-time password opens the door once; the person's own replaces it before anything else. */
function NewPassword({ once }: { once: string | undefined }) {
  const { t } = useTranslation('access');
  const queries = useQueryClient();
  const [form] = Form.useForm<{ current: string; wanted: string; again: string }>();
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  // After a reload of the page nobody knows it any more.
  const [asked, setAsked] = useState(!once);

  const submit = async ({ current, wanted }: { current: string; wanted: string }) => {
    setBusy(true);
    setProblem(undefined);
    try {
      await post('/session/password', { current: asked ? current : once, new: wanted });
      await queries.invalidateQueries({ queryKey: ['session'] });
    } catch (error) {
      if (error instanceof Problem && error.fields.new)
        form.setFields([{ name: 'wanted', errors: [error.fields.new] }]);
      else if (error instanceof Problem && error.fields.current) {
        setAsked(true);
        form.setFields([{ name: 'current', errors: [error.fields.current] }]);
      } else setProblem(messageOf(error));
    } finally {
      setBusy(false);
    }
  };

  return (
    <Form form={form} layout="vertical" onFinish={submit} requiredMark={false} size="large">
      <Alert type={problem ? 'error' : 'info'} showIcon title={problem ?? t('change_first')} className="door-note" />
      {asked && (
        <Form.Item
          name="current"
          label={t('password_current')}
          rules={[{ required: true, message: t('password_needed') }]}
        >
          <Input.Password autoComplete="current-password" autoFocus />
        </Form.Item>
      )}
      <Form.Item
        name="wanted"
        label={t('password_new')}
        className="told-once"
        extra={t('password_rule')}
        rules={[
          { required: true, message: t('password_rule') },
          { min: 10, message: t('password_rule') },
        ]}
      >
        <Input.Password autoComplete="new-password" autoFocus={!asked} />
      </Form.Item>
      <Form.Item
        name="again"
        label={t('password_again')}
        dependencies={['wanted']}
        rules={[
          { required: true, message: t('password_needed') },
          ({ getFieldValue }) => ({
            validator: (_, value) =>
              !value || value === getFieldValue('wanted')
                ? Promise.resolve()
                : Promise.reject(new Error(t('password_differs'))),
          }),
        ]}
      >
        <Input.Password autoComplete="new-password" />
      </Form.Item>
      <Button type="primary" htmlType="submit" block loading={busy}>
        {t('change_password')}
      </Button>
      <Button
        type="link"
        block
        onClick={async () => {
          await remove('/session').catch(() => undefined);
          queries.setQueryData(['session'], null);
        }}
      >
        {t('use_other_account')}
      </Button>
    </Form>
  );
}
