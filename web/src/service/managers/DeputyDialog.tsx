import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, DatePicker, Form, Input, Modal, Select } from 'antd';
import dayjs, { type Dayjs } from 'dayjs';
import { useTranslation } from 'react-i18next';
import { post, remove } from '../../api/client';
import { messageOf } from '../../api/problem';
import { useColleagues } from '../desk/people';
import { type Manager, useManagers } from './api';

interface Values {
  deputy_id: string;
  days: [Dayjs, Dayjs];
  note?: string;
}

/** Who stands in for a manager, and on which days. */
export function DeputyDialog({ manager, onClose }: { manager: Manager; onClose: () => void }) {
  const { t } = useTranslation('managers');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const people = useColleagues();
  const managers = useManagers();
  const [form] = Form.useForm<Values>();
  const fresh = () => queries.invalidateQueries({ queryKey: ['service', 'managers'] });
  const deputies = managers.data?.items.find((one) => one.staff_id === manager.staff_id)?.deputies ?? manager.deputies;
  const save = useMutation({
    mutationFn: ({ deputy_id, days, note }: Values) =>
      post('/managers/deputies', {
        staff_id: manager.staff_id,
        deputy_id,
        from_day: days[0].format('YYYY-MM-DD'),
        until_day: days[1].format('YYYY-MM-DD'),
        note,
      }),
    onSuccess: () => {
      void message.success(t('common:saved'));
      void fresh();
      onClose();
    },
  });
  const end = useMutation({ mutationFn: (id: string) => remove(`/managers/deputies/${id}`), onSuccess: fresh });
  const failed = save.error ?? end.error;
  return (
    <Modal
      open
      title={t('deputy.title', { name: manager.name })}
      okText={t('common:action.save')}
      cancelText={t('common:action.cancel')}
      confirmLoading={save.isPending}
      onOk={() => form.submit()}
      onCancel={onClose}
    >
      {failed && <Alert type="error" showIcon title={messageOf(failed)} />}
      {deputies.length > 0 && (
        <ul className="mg-past">
          {deputies.map((one) => (
            <li key={one.id}>
              <span>{t('deputy.line', { name: one.deputy_name, from: one.from_day, until: one.until_day })}</span>
              <Button size="small" danger loading={end.isPending} onClick={() => end.mutate(one.id)}>
                {t('deputy.end')}
              </Button>
            </li>
          ))}
        </ul>
      )}
      <Form<Values>
        form={form}
        layout="vertical"
        onFinish={(values) => save.mutate(values)}
        initialValues={{ days: [dayjs(), dayjs().add(6, 'day')] }}
      >
        <Form.Item name="deputy_id" label={t('deputy.who')} rules={[{ required: true, message: t('deputy.needed') }]}>
          <Select
            showSearch
            optionFilterProp="label"
            options={people
              .filter((one) => one.id !== manager.staff_id)
              .map((one) => ({ value: one.id, label: one.name }))}
          />
        </Form.Item>
        <Form.Item name="days" label={t('deputy.days')} rules={[{ required: true }]}>
          <DatePicker.RangePicker disabledDate={(day) => day.isBefore(dayjs(), 'day')} />
        </Form.Item>
        <Form.Item name="note" label={t('deputy.note')}>
          <Input maxLength={200} />
        </Form.Item>
      </Form>
    </Modal>
  );
}
