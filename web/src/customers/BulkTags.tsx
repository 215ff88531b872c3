import { useMutation, useQueryClient } from '@tanstack/react-query';
import { App, Form, Modal } from 'antd';
import { useTranslation } from 'react-i18next';
import { post } from '../api/client';
import { messageOf } from '../api/problem';
import { TagSelect } from './TagSelect';

interface Props {
  open: boolean;
  ids: string[];
  onClose: () => void;
  onDone: () => void;
}

/** Tags for many customers at once: says how many before. */
export function BulkTags({ open, ids, onClose, onDone }: Props) {
  const { t } = useTranslation('customers');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [form] = Form.useForm<{ add?: string[]; remove?: string[] }>();
  const change = useMutation({
    mutationFn: (tags: { add?: string[]; remove?: string[] }) =>
      post<{ customers: number; not_allowed?: number }>('/customers/bulk/tags', {
        customers: ids,
        add: tags.add ?? [],
        remove: tags.remove ?? [],
      }),
    onSuccess: (done) => {
      message.success(
        t('bulk.done', { n: done.customers }) +
          (done.not_allowed ? ` ${t('bulk.not_allowed', { n: done.not_allowed })}` : ''),
      );
      void queries.invalidateQueries({ queryKey: ['list', '/customers'] });
      void queries.invalidateQueries({ queryKey: ['tags'] });
      form.resetFields();
      onDone();
    },
    onError: (error) => message.error(messageOf(error)),
  });
  return (
    <Modal
      open={open}
      onCancel={onClose}
      title={t('bulk.title', { n: ids.length })}
      okText={t('common:action.confirm')}
      onOk={() => form.submit()}
      confirmLoading={change.isPending}
      destroyOnHidden
    >
      <Form
        form={form}
        layout="vertical"
        onFinish={(values) => {
          if (values.add?.length || values.remove?.length) change.mutate(values);
        }}
      >
        <Form.Item name="add" label={t('bulk.add')}>
          <TagSelect />
        </Form.Item>
        <Form.Item name="remove" label={t('bulk.remove')}>
          <TagSelect fixed />
        </Form.Item>
      </Form>
    </Modal>
  );
}
