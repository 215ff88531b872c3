import { DatePicker, Form, Input, Modal, Select } from 'antd';
import dayjs, { type Dayjs } from 'dayjs';
import { useTranslation } from 'react-i18next';
import { useSession } from '../../api/session';
import { LevelBadge } from '../../kit/level';
import type { Face } from './useFaces';

export interface Answer {
  reason: string;
  level_id?: string;
  until?: string;
}

interface Fields {
  reason: string;
  level_id?: string;
  until?: Dayjs | null;
}

interface Props {
  open: boolean;
  title: string;
  note?: string;
  ok: string;
  danger?: boolean;
  busy?: boolean;
  /** A level is chosen too. */
  faces?: Face[];
  level?: string | null;
  /** How long: not asked, may be left open, or has to be said. */
  until?: 'optional' | 'required';
  reason?: string;
  onAnswer: (answer: Answer) => void;
  onClose: () => void;
}

/** Asks for the reason of a decision, and where it is needed for the level and its last day. Enter sends it. */
export function DecideDialog(props: Props) {
  const { open, title, note, ok, danger, busy, faces, level, until, reason } = props;
  const { t } = useTranslation('tiers');
  const { today } = useSession();
  const [form] = Form.useForm<Fields>();
  return (
    <Modal
      open={open}
      title={title}
      okText={ok}
      okButtonProps={{ danger: danger ?? false, loading: busy ?? false }}
      cancelText={t('common:action.cancel')}
      onCancel={props.onClose}
      onOk={() => form.submit()}
      destroyOnHidden
      width={480}
    >
      {note && <p className="quiet">{note}</p>}
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ reason: reason ?? '', level_id: level ?? undefined }}
        onFinish={(values: Fields) =>
          props.onAnswer({
            reason: values.reason.trim(),
            ...(values.level_id ? { level_id: values.level_id } : {}),
            ...(values.until ? { until: values.until.format('YYYY-MM-DD') } : {}),
          })
        }
      >
        {faces && (
          <Form.Item
            name="level_id"
            label={t('base.level')}
            rules={[{ required: true, message: t('life.level_needed') }]}
          >
            <Select
              options={[...faces].reverse().map((face) => ({
                value: face.level_id ?? '',
                label: <LevelBadge {...face} />,
              }))}
            />
          </Form.Item>
        )}
        {until && (
          <Form.Item
            name="until"
            label={t(until === 'optional' ? 'life.until_optional' : 'life.until_needed')}
            rules={until === 'required' ? [{ required: true, message: t('life.day_needed') }] : []}
          >
            <DatePicker style={{ width: '100%' }} minDate={dayjs(today)} />
          </Form.Item>
        )}
        <Form.Item
          name="reason"
          label={t('life.reason')}
          rules={[{ required: true, whitespace: true, message: t('life.reason_needed') }]}
        >
          <Input.TextArea
            autoFocus
            rows={3}
            maxLength={500}
            placeholder={t('life.reason_hint')}
            onPressEnter={(event) => {
              if (event.shiftKey || event.nativeEvent.isComposing) return;
              event.preventDefault();
              form.submit();
            }}
          />
        </Form.Item>
      </Form>
    </Modal>
  );
}
