import { useMutation } from '@tanstack/react-query';
import { Alert, Form, Input, Modal } from 'antd';
import { useTranslation } from 'react-i18next';
import { messageOf, Problem } from '../api/problem';
import { type Revealed, reveal } from './api';

/** Numbers and addresses are shown in full to who says why; both are in the audit record. */
export function RevealDialog(props: { customerId: string; onShown: (whole: Revealed) => void; onClose: () => void }) {
  const { t } = useTranslation('customers');
  const [form] = Form.useForm<{ reason: string }>();
  const run = useMutation({
    mutationFn: ({ reason }: { reason: string }) => reveal(props.customerId, reason.trim()),
    onSuccess: (whole) => {
      props.onShown(whole);
      props.onClose();
    },
    onError: (error) => {
      if (error instanceof Problem && error.fields.reason) {
        form.setFields([{ name: 'reason', errors: [error.fields.reason] }]);
      }
    },
  });
  const told = run.error instanceof Problem && run.error.fields.reason ? undefined : run.error;
  return (
    <Modal
      open
      title={t('form.reveal')}
      okText={t('reveal.show')}
      confirmLoading={run.isPending}
      onOk={() => form.submit()}
      onCancel={props.onClose}
    >
      {told && <Alert type="error" showIcon title={messageOf(told)} style={{ marginBottom: 12 }} />}
      <Form form={form} layout="vertical" requiredMark={false} onFinish={(values) => run.mutate(values)}>
        <Form.Item
          name="reason"
          label={t('reveal.reason')}
          extra={t('reveal.note')}
          rules={[{ required: true, whitespace: true, min: 2, message: t('reveal.needed') }]}
        >
          <Input autoFocus maxLength={200} placeholder={t('reveal.example')} />
        </Form.Item>
      </Form>
    </Modal>
  );
}
