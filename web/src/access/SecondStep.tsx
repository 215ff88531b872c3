import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Form, Input, QRCode, Typography } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { post } from '../api/client';
import { messageOf, Problem } from '../api/problem';
import './step.css';

type Begun = { secret: string; uri: string };
export type Codes = { recovery_codes: string[] };

/** Sets up the second step: password, picture, first code, recovery codes. */
export function SecondStepSetup({ password, onDone }: { password?: string; onDone: () => void }) {
  const { t } = useTranslation('access');
  const queries = useQueryClient();
  const [form] = Form.useForm<{ password: string; code: string }>();
  const [codes, setCodes] = useState<string[]>();
  const mark = (error: Error) => {
    if (!(error instanceof Problem)) return;
    for (const name of ['password', 'code'] as const)
      if (error.fields[name]) form.setFields([{ name, errors: [error.fields[name]] }]);
  };
  const begin = useMutation({
    mutationFn: (given: string) => post<Begun>('/session/second-factor', { password: given }),
    onError: mark,
  });
  const confirm = useMutation({
    mutationFn: (code: string) => post<Codes>('/session/second-factor/confirm', { code }),
    onSuccess: (done) => {
      setCodes(done.recovery_codes);
      void queries.invalidateQueries({ queryKey: ['sessions'] });
    },
    onError: mark,
  });
  if (codes) return <RecoveryCodes codes={codes} onDone={onDone} />;
  const failed = begin.error ?? confirm.error;
  const unmarked = failed && !(failed instanceof Problem && Object.keys(failed.fields).length > 0);
  const begun = begin.data;
  return (
    <Form
      form={form}
      layout="vertical"
      className="step-form"
      requiredMark={false}
      onFinish={(values) => (begun ? confirm.mutate(values.code) : begin.mutate(password ?? values.password))}
    >
      {unmarked && <Alert type="error" showIcon title={messageOf(failed)} style={{ marginBottom: 16 }} />}
      {begun ? (
        <>
          <p>{t('step.scan')}</p>
          <QRCode value={begun.uri} size={176} bordered={false} className="step-picture" />
          <p className="quiet step-note">
            {t('step.by_hand')}{' '}
            <Typography.Text copyable code>
              {begun.secret}
            </Typography.Text>
          </p>
          <Form.Item name="code" label={t('step.code')} rules={[{ required: true, message: t('step.code_needed') }]}>
            <Input autoComplete="one-time-code" inputMode="numeric" autoFocus maxLength={20} />
          </Form.Item>
        </>
      ) : (
        !password && (
          <Form.Item name="password" label={t('password')} rules={[{ required: true, message: t('password_needed') }]}>
            <Input.Password autoComplete="current-password" />
          </Form.Item>
        )
      )}
      <Button type="primary" htmlType="submit" loading={begin.isPending || confirm.isPending}>
        {t(begun ? 'step.turn_on' : 'step.begin')}
      </Button>
    </Form>
  );
}

/** Shown this once. */
export function RecoveryCodes({ codes, onDone }: { codes: string[]; onDone: () => void }) {
  const { t } = useTranslation('access');
  return (
    <div>
      <Alert type="warning" showIcon title={t('step.keep')} style={{ marginBottom: 16 }} />
      <ul className="step-codes">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <Typography.Paragraph copyable={{ text: codes.join('\n') }} className="quiet">
        {t('step.copy')}
      </Typography.Paragraph>
      <Button type="primary" onClick={onDone}>
        {t('step.kept')}
      </Button>
    </div>
  );
}
