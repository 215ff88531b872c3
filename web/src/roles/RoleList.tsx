import { PlusOutlined } from '@ant-design/icons';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Form, Input, Modal, Select, Skeleton, Tag } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { post } from '../api/client';
import { messageOf, Problem } from '../api/problem';
import { ErrorView } from '../kit/ErrorView';
import { type Role, useRoles } from './api';
import { RoleEditor } from './RoleEditor';

const bases = ['operations_manager', 'account_manager', 'agent', 'analyst'] as const;

/** The roles on the left, the chosen one beside them. */
export function RoleList() {
  const { t } = useTranslation('roles');
  const roles = useRoles();
  const [chosen, setChosen] = useState('operations_manager');
  const [making, setMaking] = useState(false);
  if (roles.isError) return <ErrorView error={roles.error} onRetry={() => roles.refetch()} />;
  if (!roles.data) return <Skeleton active />;
  const { items, field_names } = roles.data;
  const role = items.find((one) => one.key === chosen) ?? items[0];
  return (
    <div className="roles">
      <nav className="role-list" aria-label={t('part.roles')}>
        {items.map((one) => (
          <button
            type="button"
            key={one.key}
            className="role-line"
            aria-current={one.key === role?.key ? 'true' : undefined}
            onClick={() => setChosen(one.key)}
          >
            <span className="role-name">{one.name ?? t(`settings:role.${one.base}`)}</span>
            {one.own && <Tag>{t('own')}</Tag>}
            {one.changed && <Tag color="gold">{t('changed')}</Tag>}
            <span className="quiet">{t('people', { count: one.people ?? 0 })}</span>
          </button>
        ))}
        <Button icon={<PlusOutlined />} onClick={() => setMaking(true)}>
          {t('new')}
        </Button>
      </nav>
      {role && (
        <RoleEditor
          key={`${role.key}/${role.version}`}
          role={role}
          all={items.find((one) => one.key === 'administrator')?.permissions ?? []}
          fieldNames={field_names}
          onGone={() => setChosen('operations_manager')}
        />
      )}
      {making && (
        <NewRole
          onClose={() => setMaking(false)}
          onDone={(made) => {
            setMaking(false);
            setChosen(made.key);
          }}
        />
      )}
    </div>
  );
}

function NewRole({ onClose, onDone }: { onClose: () => void; onDone: (role: Role) => void }) {
  const { t } = useTranslation('roles');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [form] = Form.useForm<{ name: string; base: string }>();
  const make = useMutation({
    mutationFn: (body: { name: string; base: string }) => post<Role>('/roles', body),
    onSuccess: async (made) => {
      await queries.invalidateQueries({ queryKey: ['roles'] });
      void message.success(t('made'));
      onDone(made);
    },
    onError: (error) => {
      if (error instanceof Problem && error.fields.name)
        form.setFields([{ name: 'name', errors: [error.fields.name] }]);
    },
  });
  const other = make.error && !(make.error instanceof Problem && make.error.fields.name);
  return (
    <Modal
      open
      title={t('new')}
      onCancel={onClose}
      okText={t('make')}
      cancelText={t('common:action.cancel')}
      confirmLoading={make.isPending}
      onOk={() => form.submit()}
    >
      <Form form={form} layout="vertical" name="role" onFinish={(values) => make.mutate(values)} requiredMark={false}>
        {other && <Alert type="error" showIcon title={messageOf(make.error)} style={{ marginBottom: 16 }} />}
        <Form.Item
          name="name"
          label={t('name')}
          rules={[{ required: true, whitespace: true, message: t('settings:needed') }]}
        >
          <Input maxLength={60} autoFocus placeholder={t('name_example')} />
        </Form.Item>
        <Form.Item name="base" label={t('base')} initialValue="agent" extra={t('base_note')}>
          <Select options={bases.map((value) => ({ value, label: t(`settings:role.${value}`) }))} />
        </Form.Item>
      </Form>
    </Modal>
  );
}
