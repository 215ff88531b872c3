import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, App, DatePicker, Form, Input, Modal, Select } from 'antd';
import type { Dayjs } from 'dayjs';
import { useTranslation } from 'react-i18next';
import { post } from '../../api/client';
import { messageOf } from '../../api/problem';
import { useSession } from '../../api/session';
import { ABSENCES, type Member } from './api';

interface Values {
  staff_id?: string;
  days: [Dayjs, Dayjs];
  kind: string;
  note?: string;
}

/** Days on which somebody is not there. */
export function AbsenceDialog({ team, others, onClose }: { team: Member[]; others: boolean; onClose: () => void }) {
  const { t } = useTranslation('routing');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const me = useSession().staff.id;
  const [form] = Form.useForm<Values>();
  const save = useMutation({
    mutationFn: ({ days, note, ...values }: Values) =>
      post('/absences', {
        ...values,
        from_day: days[0].format('YYYY-MM-DD'),
        until_day: days[1].format('YYYY-MM-DD'),
        note: note?.trim() || null,
      }),
    onSuccess: () => {
      void message.success(t('common:saved'));
      void queries.invalidateQueries({ queryKey: ['service', 'absences'] });
      void queries.invalidateQueries({ queryKey: ['service', 'team'] });
      onClose();
    },
  });
  return (
    <Modal
      open
      title={t('absence.add')}
      okText={t('common:action.save')}
      cancelText={t('common:action.cancel')}
      confirmLoading={save.isPending}
      onOk={() => form.submit()}
      onCancel={onClose}
    >
      {save.isError && <Alert type="error" showIcon title={messageOf(save.error)} className="routing-alert" />}
      <Form<Values>
        form={form}
        layout="vertical"
        onFinish={(values) => save.mutate(values)}
        initialValues={{ ...(me && { staff_id: me }), kind: 'leave' }}
      >
        {others && (
          <Form.Item name="staff_id" label={t('absence.who')}>
            <Select
              showSearch
              optionFilterProp="label"
              options={team.map((one) => ({ value: one.staff_id, label: one.name }))}
            />
          </Form.Item>
        )}
        <Form.Item
          name="days"
          label={t('absence.days')}
          rules={[{ required: true, message: t('absence.days_needed') }]}
        >
          <DatePicker.RangePicker />
        </Form.Item>
        <Form.Item name="kind" label={t('absence.kind')}>
          <Select options={ABSENCES.map((value) => ({ value, label: t(`absence.kind_${value}`) }))} />
        </Form.Item>
        <Form.Item name="note" label={t('absence.remark')}>
          <Input maxLength={200} />
        </Form.Item>
      </Form>
    </Modal>
  );
}
