import { PlusOutlined } from '@ant-design/icons';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Form, Input, Modal, Select, Skeleton, Typography } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get, post, remove } from '../api/client';
import { messageOf } from '../api/problem';
import { useDepartments } from '../customers/api';
import { ErrorView } from '../kit/ErrorView';
import { RelativeTime } from '../kit/texts';
import { Secret } from '../settings/Secret';
import { type DirectoryKey, marked, roles } from './api';

interface Values {
  name: string;
  role: DirectoryKey['role'];
  department_id?: string | null;
}

/** The keys by which the directory of the company makes and ends people. */
export function DirectoryKeys() {
  const { t } = useTranslation('signin');
  const { message, modal } = App.useApp();
  const queries = useQueryClient();
  const departments = useDepartments().data ?? [];
  const [making, setMaking] = useState(false);
  const [issued, setIssued] = useState<DirectoryKey>();
  const [form] = Form.useForm<Values>();
  const keys = useQuery({
    queryKey: ['directory-keys'],
    queryFn: ({ signal }) => get<{ items: DirectoryKey[] }>('/directory-keys', undefined, signal),
    select: (list) => list.items,
  });
  const make = useMutation({
    mutationFn: (values: Values) =>
      post<DirectoryKey>('/directory-keys', {
        ...values,
        name: values.name.trim(),
        department_id: values.department_id ?? null,
      }),
    onSuccess: (made) => {
      void queries.invalidateQueries({ queryKey: ['directory-keys'] });
      setMaking(false);
      setIssued(made);
    },
    onError: (error) => {
      marked(
        error,
        (field) => ['name', 'role', 'department_id'].includes(field),
        (faults) => form.setFields(faults as never),
      );
    },
  });
  const revoke = (one: DirectoryKey) =>
    modal.confirm({
      title: t('directory.revoke_question', { name: one.name }),
      content: t('directory.revoke_note'),
      okText: t('directory.revoke'),
      okButtonProps: { danger: true },
      onOk: async () => {
        try {
          await remove(`/directory-keys/${one.id}`);
          await queries.invalidateQueries({ queryKey: ['directory-keys'] });
        } catch (error) {
          message.error(messageOf(error));
        }
      },
    });
  const begin = () => {
    make.reset();
    form.resetFields();
    setMaking(true);
  };
  const department = (id: string | null) => {
    const found = departments.find((one) => one.id === id);
    return found ? (found.path_text ?? found.name) : t('no_department');
  };
  return (
    <section className="panel">
      <div className="sso-head">
        <h2>{t('directory.title')}</h2>
        <Button icon={<PlusOutlined />} onClick={begin}>
          {t('directory.new')}
        </Button>
      </div>
      <p className="quiet">{t('directory.note')}</p>
      <p className="quiet sso-url">
        {t('directory.address')}{' '}
        <Typography.Text copyable className="sso-redirect">{`${window.location.origin}/scim/v2`}</Typography.Text>
      </p>
      {keys.isPending && <Skeleton active />}
      {keys.isError && <ErrorView error={keys.error} onRetry={() => keys.refetch()} />}
      {keys.data?.length === 0 && <p className="quiet">{t('directory.empty')}</p>}
      <ul className="sso-rows">
        {keys.data?.map((one) => (
          <li key={one.id}>
            <div className="sso-what">
              <b>{one.name}</b>
              <p className="quiet">
                {t('directory.makes', {
                  role: t(`settings:role.${one.role}`),
                  department: department(one.department_id),
                })}
                {' · '}
                {one.used_at ? (
                  <>
                    {t('directory.used')} <RelativeTime value={one.used_at} />
                  </>
                ) : (
                  t('directory.never_used')
                )}
              </p>
            </div>
            <Button danger onClick={() => revoke(one)}>
              {t('directory.revoke')}
            </Button>
          </li>
        ))}
      </ul>
      <Modal
        open={making}
        onCancel={() => setMaking(false)}
        title={t('directory.new')}
        okText={t('common:action.create')}
        onOk={() => form.submit()}
        confirmLoading={make.isPending}
      >
        <Form
          form={form}
          layout="vertical"
          name="directory"
          requiredMark={false}
          initialValues={{ role: 'agent' }}
          onFinish={(values) => make.mutate(values)}
        >
          {make.isError && <Alert type="error" showIcon title={messageOf(make.error)} style={{ marginBottom: 16 }} />}
          <Form.Item
            name="name"
            label={t('directory.name')}
            rules={[{ required: true, whitespace: true, message: t('needed') }]}
          >
            <Input maxLength={60} placeholder="Entra ID" autoComplete="off" />
          </Form.Item>
          <Form.Item name="role" label={t('directory.role')} extra={t('directory.role_note')}>
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
        </Form>
      </Modal>
      <Modal
        open={!!issued}
        title={issued?.name}
        closable={false}
        mask={{ closable: false }}
        footer={<Button onClick={() => setIssued(undefined)}>{t('settings:secret.kept')}</Button>}
      >
        {issued?.key && <Secret value={issued.key} note={t('directory.key_note')} />}
      </Modal>
    </section>
  );
}
