import { EditOutlined, PlusOutlined } from '@ant-design/icons';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Form, Input, Modal, Select, Skeleton } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { patch, post } from '../api/client';
import { messageOf } from '../api/problem';
import { type Department, useDepartments } from '../customers/api';
import { Empty } from '../kit/Empty';

type Editing = { department?: Department; parent?: string };

export function DepartmentsTab() {
  const { t } = useTranslation('settings');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const departments = useDepartments();
  const [editing, setEditing] = useState<Editing>();
  const [form] = Form.useForm<{ name: string; parent_id?: string }>();
  const open = (next: Editing) => {
    form.resetFields();
    form.setFieldsValue({ name: next.department?.name, parent_id: next.department?.parent_id ?? next.parent });
    setEditing(next);
  };
  const save = useMutation({
    mutationFn: (values: { name: string; parent_id?: string }) => {
      const body = { name: values.name.trim(), parent_id: values.parent_id ?? null };
      return editing?.department
        ? patch(`/departments/${editing.department.id}`, body, { version: editing.department.version })
        : post('/departments', body);
    },
    onSuccess: () => {
      message.success(t('common:saved'));
      void queries.invalidateQueries({ queryKey: ['departments'] });
      setEditing(undefined);
    },
  });
  const items = departments.data ?? [];
  const add = (
    <Button type="primary" icon={<PlusOutlined />} onClick={() => open({})}>
      {t('department.new')}
    </Button>
  );
  return (
    <section className="panel">
      <div className="settings-head">
        <h2>{t('tab.departments')}</h2>
        {items.length > 0 && add}
      </div>
      <p className="quiet">{t('department.note')}</p>
      {departments.isPending && <Skeleton active />}
      {departments.isSuccess && items.length === 0 && <Empty title={t('department.empty')} action={add} />}
      <ul className="tree">
        {items.map((one) => (
          <li key={one.id} style={{ paddingLeft: (one.depth - 1) * 24 }}>
            <span className="tree-name">
              {one.depth > 1 && <span aria-hidden className="tree-mark" />}
              {one.name}
            </span>
            <span className="quiet">{t('department.staff', { n: one.staff })}</span>
            <Button
              type="text"
              icon={<PlusOutlined />}
              aria-label={t('department.below', { name: one.name })}
              onClick={() => open({ parent: one.id })}
            />
            <Button
              type="text"
              icon={<EditOutlined />}
              aria-label={t('department.edit_name', { name: one.name })}
              onClick={() => open({ department: one })}
            />
          </li>
        ))}
      </ul>
      <Modal
        open={!!editing}
        onCancel={() => setEditing(undefined)}
        title={editing?.department ? t('department.edit') : t('department.new')}
        okText={t('common:action.save')}
        onOk={() => form.submit()}
        confirmLoading={save.isPending}
        forceRender
      >
        <Form
          form={form}
          layout="vertical"
          name="department"
          onFinish={(values) => save.mutate(values)}
          requiredMark={false}
        >
          {save.isError && <Alert type="error" showIcon title={messageOf(save.error)} style={{ marginBottom: 16 }} />}
          <Form.Item
            name="name"
            label={t('department.name')}
            rules={[{ required: true, whitespace: true, message: t('needed') }]}
          >
            <Input maxLength={60} />
          </Form.Item>
          <Form.Item name="parent_id" label={t('department.parent')}>
            <Select
              allowClear
              placeholder={t('department.root')}
              showSearch={{ optionFilterProp: 'label' }}
              options={items
                .filter((one) => one.id !== editing?.department?.id)
                .map((one) => ({ value: one.id, label: one.path_text ?? one.name }))}
            />
          </Form.Item>
        </Form>
      </Modal>
    </section>
  );
}
