import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Form, Input, Modal, Skeleton, Space, Tag } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Codes, RecoveryCodes, SecondStepSetup } from '../access/SecondStep';
import { get, post } from '../api/client';
import { messageOf, Problem } from '../api/problem';
import { ErrorView } from '../kit/ErrorView';

type State = { active: boolean; since: string | null; recovery_codes_left: number; required: boolean };
type Deed = 'remove' | 'renew';

/** The own second step: on, off, fresh recovery codes. */
export function SecondStepPanel() {
  const { t } = useTranslation('access');
  const queries = useQueryClient();
  const [setting, setSetting] = useState(false);
  const [deed, setDeed] = useState<Deed>();
  const found = useQuery({
    queryKey: ['second-factor'],
    queryFn: ({ signal }) => get<State>('/session/second-factor', undefined, signal),
  });
  const done = () => {
    setSetting(false);
    setDeed(undefined);
    void queries.invalidateQueries({ queryKey: ['second-factor'] });
  };
  return (
    <section className="panel">
      <h2>{t('step.title')}</h2>
      {found.isPending && <Skeleton active paragraph={{ rows: 1 }} />}
      {found.isError && <ErrorView error={found.error} onRetry={() => found.refetch()} />}
      {found.data && !found.data.active && (
        <>
          <p className="quiet step-note">{t('step.why')}</p>
          {setting ? (
            <SecondStepSetup onDone={done} />
          ) : (
            <Button onClick={() => setSetting(true)}>{t('step.set_up')}</Button>
          )}
        </>
      )}
      {found.data?.active &&
        (setting ? (
          <SecondStepSetup onDone={done} />
        ) : (
          <>
            <p>
              <Tag color="success">{t('step.on')}</Tag> {t('step.left', { count: found.data.recovery_codes_left })}
            </p>
            <Space wrap>
              <Button onClick={() => setDeed('renew')}>{t('step.renew')}</Button>
              {found.data.required ? (
                <span className="quiet">{t('step.required')}</span>
              ) : (
                <Button danger onClick={() => setDeed('remove')}>
                  {t('step.turn_off')}
                </Button>
              )}
            </Space>
          </>
        ))}
      {deed && <Proof deed={deed} onClose={done} />}
    </section>
  );
}

function Proof({ deed, onClose }: { deed: Deed; onClose: () => void }) {
  const { t } = useTranslation('access');
  const [form] = Form.useForm<{ password: string; code: string }>();
  const [codes, setCodes] = useState<string[]>();
  const act = useMutation({
    mutationFn: (values: { password: string; code: string }) =>
      post<Codes | undefined>(deed === 'remove' ? '/session/second-factor/remove' : '/session/recovery-codes', values),
    onSuccess: (answer) => (answer?.recovery_codes ? setCodes(answer.recovery_codes) : onClose()),
    onError: (error) => {
      if (!(error instanceof Problem)) return;
      for (const name of ['password', 'code'] as const)
        if (error.fields[name]) form.setFields([{ name, errors: [error.fields[name]] }]);
    },
  });
  const unmarked = act.error && !(act.error instanceof Problem && Object.keys(act.error.fields).length > 0);
  return (
    <Modal
      open
      title={t(deed === 'remove' ? 'step.turn_off' : 'step.renew')}
      onCancel={onClose}
      onOk={form.submit}
      okText={t(deed === 'remove' ? 'step.turn_off' : 'step.renew')}
      okButtonProps={{ danger: deed === 'remove', loading: act.isPending }}
      footer={codes ? null : undefined}
    >
      {codes ? (
        <RecoveryCodes codes={codes} onDone={onClose} />
      ) : (
        <Form form={form} layout="vertical" requiredMark={false} onFinish={(values) => act.mutate(values)}>
          {unmarked && <Alert type="error" showIcon title={messageOf(act.error)} style={{ marginBottom: 16 }} />}
          <Form.Item name="password" label={t('password')} rules={[{ required: true, message: t('password_needed') }]}>
            <Input.Password autoComplete="current-password" />
          </Form.Item>
          <Form.Item
            name="code"
            label={t('step.any_code')}
            rules={[{ required: true, message: t('step.code_needed') }]}
          >
            <Input autoComplete="one-time-code" maxLength={40} />
          </Form.Item>
        </Form>
      )}
    </Modal>
  );
}
