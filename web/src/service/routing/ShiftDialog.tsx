import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Checkbox, Form, Modal, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { post } from '../../api/client';
import { messageOf } from '../../api/problem';
import type { Member } from './api';
import { clock, ending, halfHours } from './clock';

interface Values {
  staff: string[];
  weekdays: number[];
  from_minute: number;
  until_minute: number;
}

/** The same hours on several days, for several people. */
export function ShiftDialog({ team, onClose }: { team: Member[]; onClose: () => void }) {
  const { t } = useTranslation('routing');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [form] = Form.useForm<Values>();
  const save = useMutation({
    mutationFn: (values: Values) =>
      post('/shifts', { ...values, until_minute: ending(values.from_minute, values.until_minute) }),
    onSuccess: () => {
      void message.success(t('common:saved'));
      void queries.invalidateQueries({ queryKey: ['service', 'shifts'] });
      void queries.invalidateQueries({ queryKey: ['service', 'team'] });
      onClose();
    },
  });
  const hours = halfHours.map((value) => ({ value, label: clock(value) }));
  return (
    <Modal
      open
      title={t('shift.add')}
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
        initialValues={{ staff: [], weekdays: [1, 2, 3, 4, 5], from_minute: 540, until_minute: 1080 }}
      >
        <Form.Item name="staff" label={t('shift.who')} rules={[{ required: true, message: t('shift.who_needed') }]}>
          <Select
            mode="multiple"
            optionFilterProp="label"
            options={team.map((one) => ({ value: one.staff_id, label: one.name }))}
          />
        </Form.Item>
        <Form.Item
          name="weekdays"
          label={t('shift.days')}
          rules={[{ required: true, message: t('shift.days_needed') }]}
        >
          <Checkbox.Group options={[1, 2, 3, 4, 5, 6, 7].map((value) => ({ value, label: t(`weekday.${value}`) }))} />
        </Form.Item>
        <div className="routing-pair">
          <Form.Item name="from_minute" label={t('shift.from')}>
            <Select options={hours} />
          </Form.Item>
          <Form.Item name="until_minute" label={t('shift.until')} extra={t('shift.until_note')}>
            <Select options={hours} />
          </Form.Item>
        </div>
      </Form>
    </Modal>
  );
}
