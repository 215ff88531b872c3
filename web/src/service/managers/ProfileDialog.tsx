import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Form, InputNumber, Modal, Select, Switch } from 'antd';
import { useTranslation } from 'react-i18next';
import { patch } from '../../api/client';
import { messageOf } from '../../api/problem';
import type { Manager, Profile } from './api';

/** What a manager is chosen by, and how many places he has. */
export function ProfileDialog({ manager, usual, onClose }: { manager: Manager; usual: number; onClose: () => void }) {
  const { t } = useTranslation('managers');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [form] = Form.useForm<Omit<Profile, 'version'>>();
  const { version, ...profile } = manager.profile;
  const save = useMutation({
    mutationFn: (values: Omit<Profile, 'version'>) =>
      patch(`/managers/${manager.staff_id}`, { ...values, cap: values.cap ?? null }, { version }),
    onSuccess: () => {
      void message.success(t('common:saved'));
      void queries.invalidateQueries({ queryKey: ['service', 'managers'] });
      onClose();
    },
  });
  return (
    <Modal
      open
      title={t('profile.title', { name: manager.name })}
      okText={t('common:action.save')}
      cancelText={t('common:action.cancel')}
      confirmLoading={save.isPending}
      onOk={() => form.submit()}
      onCancel={onClose}
    >
      {save.isError && <Alert type="error" showIcon title={messageOf(save.error)} />}
      <Form form={form} layout="vertical" initialValues={profile} onFinish={(values) => save.mutate(values)}>
        {(['regions', 'industries', 'languages'] as const).map((field) => (
          <Form.Item key={field} name={field} label={t(`profile.${field}`)}>
            <Select
              mode="tags"
              open={false}
              suffixIcon={null}
              placeholder={t('profile.any')}
              tokenSeparators={[',', '，', '、']}
            />
          </Form.Item>
        ))}
        <Form.Item name="cap" label={t('profile.cap')} extra={t('profile.cap_note', { n: usual })}>
          <InputNumber min={0} max={100000} placeholder={String(usual)} />
        </Form.Item>
        <Form.Item name="takes" label={t('profile.takes')} valuePropName="checked">
          <Switch />
        </Form.Item>
      </Form>
    </Modal>
  );
}
