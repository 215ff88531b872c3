import { PlusOutlined } from '@ant-design/icons';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Drawer, Form, Grid, Input, Modal, Select, Switch, Tag } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { patch, post } from '../api/client';
import { messageOf, Problem } from '../api/problem';
import type { Schemas } from '../api/types';
import { useDepartments } from '../customers/api';
import { Empty } from '../kit/Empty';
import { QueryTable } from '../kit/QueryTable';
import { useLevels } from '../kit/useLevels';
import { REACHES, useRoles } from '../roles/api';
import { SeeAs } from '../roles/SeeAs';
import { Secret } from './Secret';

const roles = ['administrator', 'operations_manager', 'account_manager', 'agent', 'analyst'] as const;

type Staff = Schemas['Staff'];

const keyOf = (row: Staff) => (row as { role_key?: string }).role_key ?? row.role;

interface Values {
  login: string;
  name: string;
  /** The word of a shipped role, or the key of an own one. */
  role_key: string;
  department_id?: string;
  reach?: Staff['reach'];
  levels?: number[];
  active?: boolean;
}

/** Who works here, what they may do, which customers they see. */
export function StaffTab() {
  const { t } = useTranslation('settings');
  const phone = !Grid.useBreakpoint().md;
  const { message, modal } = App.useApp();
  const queries = useQueryClient();
  const departments = useDepartments().data ?? [];
  const { levels } = useLevels();
  const [editing, setEditing] = useState<Staff | 'new'>();
  const [issued, setIssued] = useState<{ login: string; password: string }>();
  const [form] = Form.useForm<Values>();
  const role = Form.useWatch('role_key', form);
  const own = (useRoles().data?.items ?? []).filter((one) => one.own);
  const roleName = (row: Staff) => own.find((one) => one.key === keyOf(row))?.name ?? t(`role.${row.role}`);
  const [seeing, setSeeing] = useState<Staff>();
  const old = typeof editing === 'object' ? editing : undefined;

  useEffect(() => {
    if (!editing) return;
    form.resetFields();
    form.setFieldsValue(
      old
        ? ({ ...old, role_key: keyOf(old), levels: old.levels ?? [] } as unknown as Values)
        : { role_key: 'account_manager', levels: [], active: true },
    );
  }, [editing, old, form]);

  const done = (saved: Staff) => {
    void queries.invalidateQueries({ queryKey: ['list', '/staff'] });
    void queries.invalidateQueries({ queryKey: ['staff'] });
    if (saved.one_time_password) setIssued({ login: saved.login ?? saved.name, password: saved.one_time_password });
    else message.success(t('common:saved'));
    setEditing(undefined);
  };
  const save = useMutation({
    mutationFn: (values: Values) => {
      const body = {
        name: values.name.trim(),
        role_key: values.role_key,
        department_id: values.department_id ?? null,
        reach: values.reach ?? null,
        levels: values.levels?.length ? values.levels : null,
      };
      return old
        ? patch<Staff>(`/staff/${old.id}`, { ...body, active: values.active }, { version: old.version })
        : post<Staff>('/staff', {
            ...body,
            role: own.find((one) => one.key === values.role_key)?.base ?? values.role_key,
            login: values.login.trim(),
          });
    },
    onSuccess: done,
    onError: (error) => {
      if (!(error instanceof Problem)) return;
      form.setFields(
        Object.entries(error.fields).map(([name, text]) => ({ name: name as keyof Values, errors: [text] })),
      );
    },
  });
  const reset = () =>
    old &&
    modal.confirm({
      title: t('staff.reset_question', { name: old.name }),
      content: t('staff.reset_note'),
      onOk: async () => {
        try {
          done(await patch<Staff>(`/staff/${old.id}`, { reset_password: true }, { version: old.version }));
        } catch (error) {
          message.error(messageOf(error));
        }
      },
    });
  const unmarked = save.error && !(save.error instanceof Problem && Object.keys(save.error.fields).length > 0);

  return (
    <>
      <QueryTable<Staff>
        name="staff"
        label={t('tab.staff')}
        path="/staff"
        rowKey={(row) => row.id}
        onOpen={setEditing}
        toolbar={
          <Button type="primary" icon={<PlusOutlined />} onClick={() => setEditing('new')}>
            {t('staff.new')}
          </Button>
        }
        columns={[
          {
            key: 'name',
            title: t('staff.name'),
            always: true,
            render: (row) => (
              <Button type="link" className="cell-link" onClick={() => setEditing(row)}>
                {row.name}
              </Button>
            ),
          },
          { key: 'login', title: t('staff.login'), render: (row) => row.login },
          { key: 'role', title: t('staff.role'), render: roleName },
          {
            key: 'department',
            title: t('staff.department'),
            render: (row) => departments.find((one) => one.id === row.department_id)?.path_text ?? '–',
          },
          { key: 'reach', title: t('staff.reach'), render: (row) => t(`reach.${row.effective_reach}`) },
          {
            key: 'active',
            title: t('staff.state'),
            render: (row) =>
              row.active ? <Tag color="success">{t('staff.active')}</Tag> : <Tag>{t('staff.inactive')}</Tag>,
          },
        ]}
        card={(row) => (
          <button type="button" className="card-button" onClick={() => setEditing(row)}>
            <span className="card-line">
              <b>{row.name}</b>
              {row.active ? <Tag color="success">{t('staff.active')}</Tag> : <Tag>{t('staff.inactive')}</Tag>}
            </span>
            <span className="card-line quiet">
              <span>{roleName(row)}</span>
              <span>{t(`reach.${row.effective_reach}`)}</span>
            </span>
          </button>
        )}
        empty={<Empty title={t('staff.empty')} />}
      />
      <Drawer
        open={!!editing}
        onClose={() => setEditing(undefined)}
        size={phone ? '100%' : 460}
        title={old ? old.name : t('staff.new')}
        footer={
          <div className="drawer-foot">
            {old && (
              <Button onClick={reset} style={{ marginRight: 'auto' }}>
                {t('staff.reset')}
              </Button>
            )}
            {old?.active && old.role !== 'administrator' && (
              <Button onClick={() => setSeeing(old)}>{t('roles:see_as.action')}</Button>
            )}
            <Button onClick={() => setEditing(undefined)}>{t('common:action.cancel')}</Button>
            <Button type="primary" loading={save.isPending} onClick={() => form.submit()}>
              {t('common:action.save')}
            </Button>
          </div>
        }
      >
        <Form
          form={form}
          layout="vertical"
          name="staff"
          onFinish={(values) => save.mutate(values)}
          requiredMark={false}
        >
          {unmarked && <Alert type="error" showIcon title={messageOf(save.error)} style={{ marginBottom: 16 }} />}
          <Form.Item
            name="name"
            label={t('staff.name')}
            rules={[{ required: true, whitespace: true, message: t('needed') }]}
          >
            <Input maxLength={60} />
          </Form.Item>
          <Form.Item
            name="login"
            label={t('staff.login')}
            rules={[{ required: true, whitespace: true, message: t('needed') }]}
          >
            <Input maxLength={64} disabled={!!old} autoComplete="off" autoCapitalize="none" />
          </Form.Item>
          <Form.Item
            name="role_key"
            label={t('staff.role')}
            extra={roles.some((one) => one === role) && t(`role_note.${role}`)}
          >
            <Select
              options={[
                ...roles.map((value) => ({ value: value as string, label: t(`role.${value}`) })),
                ...own.map((one) => ({ value: one.key, label: one.name })),
              ]}
            />
          </Form.Item>
          <Form.Item name="department_id" label={t('staff.department')}>
            <Select
              allowClear
              showSearch={{ optionFilterProp: 'label' }}
              options={departments.map((one) => ({ value: one.id, label: one.path_text ?? one.name }))}
            />
          </Form.Item>
          <Form.Item name="reach" label={t('staff.reach')} extra={t('staff.reach_note')}>
            <Select
              allowClear
              placeholder={t('staff.reach_role')}
              options={REACHES.map((value) => ({ value, label: t(`reach.${value}`) }))}
            />
          </Form.Item>
          <Form.Item name="levels" label={t('staff.levels')}>
            <Select
              mode="multiple"
              allowClear
              placeholder={t('staff.levels_all')}
              options={[
                { value: 0, label: t('kit:level.none') },
                ...levels.map((level) => ({ value: level.rank, label: level.name })),
              ]}
            />
          </Form.Item>
          {old && (
            <Form.Item name="active" label={t('staff.active')} valuePropName="checked" extra={t('staff.active_note')}>
              <Switch />
            </Form.Item>
          )}
        </Form>
      </Drawer>
      {seeing && <SeeAs staff={seeing} onClose={() => setSeeing(undefined)} />}
      <Modal
        open={!!issued}
        title={t('staff.issued')}
        onCancel={() => setIssued(undefined)}
        footer={<Button onClick={() => setIssued(undefined)}>{t('secret.kept')}</Button>}
        closable={false}
        mask={{ closable: false }}
      >
        {issued && <Secret note={t('staff.issued_note', { login: issued.login })} value={issued.password} />}
      </Modal>
    </>
  );
}
