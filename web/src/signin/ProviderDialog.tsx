import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Checkbox, Form, Input, Modal, Radio, Select } from 'antd';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { post, put } from '../api/client';
import { messageOf } from '../api/problem';
import { useDepartments } from '../customers/api';
import { marked, type Provider, roles, type Settings, usual } from './api';

type Values = Settings & { secret?: string };

const fresh: Partial<Values> = {
  ...usual,
  kind: 'oidc',
  name: '',
  issuer: '',
  client_id: '',
  agent_id: '',
  unknown: 'refuse',
  role: null,
  department_id: null,
  link_by_login: false,
  trusts_second_step: false,
  secret: '',
};

/** Adds a provider, or changes one. Its secret is entered and never shown. */
export function ProviderDialog({
  open,
  provider,
  onClose,
}: {
  open: boolean;
  provider?: Provider;
  onClose: () => void;
}) {
  const { t } = useTranslation('signin');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const departments = useDepartments().data ?? [];
  const [form] = Form.useForm<Values>();
  const kind = Form.useWatch('kind', form) ?? provider?.settings.kind ?? 'oidc';
  const unknown = Form.useWatch('unknown', form);
  const save = useMutation({
    mutationFn: (values: Values) => {
      const { secret, ...entered } = values;
      // What the form does not show of the other kind stays as it was.
      const settings = { ...fresh, ...provider?.settings, ...entered } as Values;
      const { secret: _, ...kept } = settings;
      const body = {
        settings: { ...kept, role: kept.role ?? null, department_id: kept.department_id ?? null },
        enabled: provider?.enabled ?? true,
        ...(secret?.trim() ? { secret: secret.trim() } : {}),
      };
      return provider
        ? put<Provider>(`/sign-in-providers/${provider.id}`, body, { version: provider.version })
        : post<Provider>('/sign-in-providers', body);
    },
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['sign-in-providers'] });
      message.success(t('common:saved'));
      onClose();
    },
    onError: (error) => {
      const shown = Object.keys(form.getFieldsValue());
      marked(
        error,
        (field) => shown.includes(field),
        (faults) => form.setFields(faults as never),
      );
    },
  });
  const { reset } = save;
  useEffect(() => {
    if (!open) return;
    reset();
    form.resetFields();
    form.setFieldsValue({ ...fresh, ...provider?.settings, secret: '' } as Values);
  }, [open, provider, form, reset]);
  const text = (name: keyof Values, most: number, extra?: string, placeholder?: string) => (
    <Form.Item
      name={name}
      label={t(`field.${kind}.${name}`, { defaultValue: t(`field.${name}`) })}
      extra={extra}
      rules={[{ required: true, whitespace: true, message: t('needed') }]}
    >
      <Input maxLength={most} placeholder={placeholder} autoComplete="off" />
    </Form.Item>
  );
  const url = (name: 'issuer' | 'login_url' | 'api_url', extra: string, placeholder?: string) => (
    <Form.Item
      name={name}
      label={t(`field.${name}`)}
      extra={extra}
      rules={[
        { required: true, whitespace: true, message: t('needed') },
        { pattern: /^\s*https?:\/\/\S+\s*$/i, message: t('url_fault') },
      ]}
    >
      <Input maxLength={200} placeholder={placeholder} inputMode="url" autoComplete="off" />
    </Form.Item>
  );
  const secretNeeded = kind === 'wecom' && !provider?.has_secret;
  return (
    <Modal
      open={open}
      onCancel={onClose}
      title={t(provider ? 'change' : 'new')}
      okText={t(provider ? 'common:action.save' : 'common:action.create')}
      onOk={() => form.submit()}
      confirmLoading={save.isPending}
      width={600}
    >
      <Form form={form} layout="vertical" name="signin" requiredMark={false} onFinish={(v) => save.mutate(v)}>
        {save.isError && <Alert type="error" showIcon title={messageOf(save.error)} style={{ marginBottom: 16 }} />}
        <Form.Item name="kind" label={t('field.kind')}>
          <Radio.Group
            disabled={!!provider}
            options={(['oidc', 'wecom'] as const).map((value) => ({ value, label: t(`kind_long.${value}`) }))}
          />
        </Form.Item>
        {text('name', 30, t('hint.name'))}
        {kind === 'oidc' ? (
          <>
            {url('issuer', t('hint.issuer'), 'https://login.example.com/realms/shop')}
            {text('client_id', 200)}
          </>
        ) : (
          <>
            {text('client_id', 200, t('hint.corp_id'), 'ww…')}
            {text('agent_id', 200, undefined, '1000002')}
          </>
        )}
        <Form.Item
          name="secret"
          label={t(`field.${kind}.secret`)}
          extra={provider?.has_secret ? t('hint.secret_kept') : kind === 'oidc' ? t('hint.secret') : undefined}
          rules={secretNeeded ? [{ required: true, whitespace: true, message: t('needed') }] : []}
        >
          <Input.Password maxLength={500} autoComplete="new-password" />
        </Form.Item>
        {kind === 'oidc' ? (
          <>
            {text('scopes', 200, t('hint.scopes'))}
            {text('login_claim', 200, t('hint.login_claim'))}
          </>
        ) : (
          <>
            {url('login_url', t('hint.login_url'))}
            {url('api_url', t('hint.api_url'))}
          </>
        )}
        <Form.Item name="unknown" label={t('field.unknown')} extra={t('hint.unknown')}>
          <Radio.Group
            options={(['refuse', 'create'] as const).map((value) => ({ value, label: t(`unknown_long.${value}`) }))}
          />
        </Form.Item>
        {unknown === 'create' && (
          <div className="sso-pair">
            <Form.Item name="role" label={t('field.role')} rules={[{ required: true, message: t('needed') }]}>
              <Select options={roles.map((value) => ({ value, label: t(`settings:role.${value}`) }))} />
            </Form.Item>
            <Form.Item name="department_id" label={t('field.department')}>
              <Select
                allowClear
                showSearch={{ optionFilterProp: 'label' }}
                placeholder={t('no_department')}
                options={departments.map((one) => ({ value: one.id, label: one.path_text ?? one.name }))}
              />
            </Form.Item>
          </div>
        )}
        <Form.Item name="link_by_login" valuePropName="checked" extra={t('hint.link_by_login')}>
          <Checkbox>{t('field.link_by_login')}</Checkbox>
        </Form.Item>
        <Form.Item name="trusts_second_step" valuePropName="checked" extra={t('hint.trusts_second_step')}>
          <Checkbox>{t('field.trusts_second_step')}</Checkbox>
        </Form.Item>
      </Form>
    </Modal>
  );
}
