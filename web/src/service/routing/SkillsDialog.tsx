import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Form, InputNumber, Modal, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { put } from '../../api/client';
import { messageOf } from '../../api/problem';
import { type Skills, useSettings } from './api';

/** What somebody can do, and how much he may have. */
export function SkillsDialog({ of, all, onClose }: { of: Skills; all: Skills[]; onClose: () => void }) {
  const { t } = useTranslation('routing');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const settings = useSettings();
  const [form] = Form.useForm<{ skills: string[]; capacity: number | null }>();
  const save = useMutation({
    mutationFn: (values: { skills: string[]; capacity: number | null }) =>
      put(`/staff/${of.staff_id}/skills`, values, { version: of.version }),
    onSuccess: () => {
      void message.success(t('common:saved'));
      void queries.invalidateQueries({ queryKey: ['service', 'skills'] });
      void queries.invalidateQueries({ queryKey: ['service', 'team'] });
      onClose();
    },
  });
  const known = new Set([
    ...all.flatMap((one) => one.skills),
    ...(settings.data?.needs.map((need) => need.skill) ?? []),
  ]);
  return (
    <Modal
      open
      title={t('skills.of', { name: of.name })}
      okText={t('common:action.save')}
      cancelText={t('common:action.cancel')}
      confirmLoading={save.isPending}
      onOk={() => form.submit()}
      onCancel={onClose}
    >
      {save.isError && <Alert type="error" showIcon title={messageOf(save.error)} className="routing-alert" />}
      <Form
        form={form}
        layout="vertical"
        onFinish={(values) => save.mutate({ ...values, capacity: values.capacity ?? null })}
        initialValues={{ skills: of.skills, capacity: of.capacity }}
      >
        <Form.Item name="skills" label={t('skills.title')} extra={t('skills.note')}>
          <Select mode="tags" options={[...known].sort().map((value) => ({ value, label: value }))} />
        </Form.Item>
        <Form.Item name="capacity" label={t('skills.capacity')} extra={t('skills.capacity_note')}>
          <InputNumber min={0} max={1000} precision={0} placeholder={String(settings.data?.capacity ?? '')} />
        </Form.Item>
      </Form>
    </Modal>
  );
}
