import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Form, Input, Modal, Select, Switch } from 'antd';
import { useTranslation } from 'react-i18next';
import { patch, post } from '../../api/client';
import { messageOf } from '../../api/problem';
import {
  type CalendarSpec,
  calendarName,
  readHours,
  type StoredCalendar,
  WEEKDAYS,
  type Weekday,
  writeHours,
} from './api';

interface Row {
  from: string;
  to: string;
  name: string;
  /** `closed`, `hours`, or the weekday whose hours hold. */
  as: 'closed' | 'hours' | Weekday;
  hours: string;
}

interface Values {
  name: string;
  zone: string;
  always: boolean;
  week: Partial<Record<Weekday, string>>;
  exceptions: Row[];
}

const ZONES = [
  'Asia/Shanghai',
  'Asia/Hong_Kong',
  'Asia/Tokyo',
  'Asia/Singapore',
  'Europe/London',
  'America/New_York',
  'UTC',
];
const DAY = /^\d{4}-\d{2}-\d{2}$/;

function specOf(values: Values, year: number, old?: CalendarSpec): CalendarSpec {
  const always = values.always ?? false;
  const mine = (values.exceptions ?? []).map((row) => ({
    from: row.from.trim(),
    to: row.to?.trim() || undefined,
    name: row.name?.trim() ?? '',
    hours: row.as === 'hours' ? readHours(row.hours ?? '') : [],
    like: row.as === 'closed' || row.as === 'hours' ? undefined : row.as,
  }));
  const others = (old?.exceptions ?? []).filter((one) => !one.from.startsWith(`${year}-`));
  const week: CalendarSpec['week'] = {};
  for (const weekday of WEEKDAYS) {
    const hours = readHours(values.week?.[weekday] ?? '');
    if (hours.length > 0) week[weekday] = hours;
  }
  return {
    name: values.name.trim(),
    label: old?.label ?? undefined,
    zone: values.zone,
    always,
    week: always ? {} : week,
    exceptions: always ? [] : [...others, ...mine].sort((a, b) => a.from.localeCompare(b.from)),
  };
}

/** Makes a calendar or changes one: its week, and the exceptions of the year in view. */
export function CalendarDialog({
  calendar,
  year,
  onClose,
}: {
  calendar?: StoredCalendar;
  year: number;
  onClose: (id?: string) => void;
}) {
  const { t } = useTranslation('calendars');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [form] = Form.useForm<Values>();
  const always = Form.useWatch('always', form);
  const spec = calendar?.spec;
  const save = useMutation({
    mutationFn: (values: Values) => {
      const body = specOf(values, year, spec);
      return calendar
        ? patch<StoredCalendar>(`/calendars/${calendar.id}`, body, { version: calendar.version })
        : post<StoredCalendar>('/calendars', body);
    },
    onSuccess: (saved) => {
      void message.success(calendar ? t('saved_again') : t('common:saved'));
      void queries.invalidateQueries({ queryKey: ['service', 'calendars'] });
      onClose(saved.id);
    },
  });
  const rows: Row[] = (spec?.exceptions ?? [])
    .filter((one) => one.from.startsWith(`${year}-`))
    .map((one) => ({
      from: one.from,
      to: one.to ?? '',
      name: one.name,
      as: one.like ?? ((one.hours?.length ?? 0) > 0 ? 'hours' : 'closed'),
      hours: writeHours(one.hours),
    }));
  const day = { pattern: DAY, message: t('day_wrong') };
  return (
    <Modal
      open
      width={760}
      title={spec ? t('edit', { name: calendarName(spec.name) }) : t('new')}
      okText={t('common:action.save')}
      cancelText={t('common:action.cancel')}
      confirmLoading={save.isPending}
      onOk={() => form.submit()}
      onCancel={() => onClose()}
    >
      {save.isError && <Alert type="error" showIcon title={messageOf(save.error)} className="calendars-alert" />}
      <Form<Values>
        form={form}
        layout="vertical"
        onFinish={(values) => save.mutate(values)}
        initialValues={{
          name: spec?.name ?? '',
          zone: spec?.zone ?? 'Asia/Shanghai',
          always: spec?.always ?? false,
          week: Object.fromEntries(
            WEEKDAYS.map((weekday, at) => [
              weekday,
              spec ? writeHours(spec.week[weekday]) : at < 5 ? '09:00-12:00  13:00-18:00' : '',
            ]),
          ),
          exceptions: rows,
        }}
      >
        <div className="calendars-pair">
          <Form.Item
            name="name"
            label={t('name')}
            rules={[{ required: true, whitespace: true, message: t('name_needed') }]}
          >
            <Input maxLength={60} />
          </Form.Item>
          <Form.Item name="zone" label={t('zone')}>
            <Select
              showSearch
              options={[...new Set([spec?.zone ?? ZONES[0], ...ZONES])].map((value) => ({ value, label: value }))}
            />
          </Form.Item>
        </div>
        <Form.Item name="always" label={t('always')} valuePropName="checked">
          <Switch />
        </Form.Item>
        {!always && (
          <>
            <h3>{t('week')}</h3>
            <p className="quiet">{t('week_note')}</p>
            {WEEKDAYS.map((weekday) => (
              <div key={weekday} className="calendars-weekday">
                <label htmlFor={`calendar-${weekday}`}>{t(`weekday.${weekday}`)}</label>
                <Form.Item name={['week', weekday]} noStyle>
                  <Input id={`calendar-${weekday}`} placeholder={t('closed')} />
                </Form.Item>
              </div>
            ))}
            <h3>{t('exceptions', { year })}</h3>
            <Form.List name="exceptions">
              {(fields, { add, remove }) => (
                <>
                  {fields.map(({ key, name }) => (
                    <div key={key} className="calendars-exception">
                      <Form.Item name={[name, 'from']} rules={[{ required: true, message: t('day_wrong') }, day]}>
                        <Input aria-label={t('from')} placeholder={`${year}-10-01`} />
                      </Form.Item>
                      <Form.Item name={[name, 'to']} rules={[day]}>
                        <Input aria-label={t('to')} placeholder={t('to')} />
                      </Form.Item>
                      <Form.Item name={[name, 'name']}>
                        <Input aria-label={t('why')} placeholder={t('why')} maxLength={60} />
                      </Form.Item>
                      <Form.Item name={[name, 'as']}>
                        <Select
                          aria-label={t('as.label')}
                          options={[
                            { value: 'closed', label: t('closed') },
                            { value: 'hours', label: t('as.hours') },
                            ...WEEKDAYS.map((value) => ({
                              value,
                              label: t('as.like', { day: t(`weekday.${value}`) }),
                            })),
                          ]}
                        />
                      </Form.Item>
                      <Form.Item shouldUpdate noStyle>
                        {() =>
                          form.getFieldValue(['exceptions', name, 'as']) === 'hours' && (
                            <Form.Item
                              name={[name, 'hours']}
                              rules={[{ required: true, whitespace: true, message: t('hours_needed') }]}
                            >
                              <Input aria-label={t('as.hours')} placeholder="09:00-12:00" />
                            </Form.Item>
                          )
                        }
                      </Form.Item>
                      <Button
                        type="text"
                        icon={<DeleteOutlined />}
                        aria-label={t('common:action.delete')}
                        onClick={() => remove(name)}
                      />
                    </div>
                  ))}
                  <Button
                    icon={<PlusOutlined />}
                    onClick={() => add({ from: '', to: '', name: '', as: 'closed', hours: '' })}
                  >
                    {t('add')}
                  </Button>
                </>
              )}
            </Form.List>
          </>
        )}
      </Form>
    </Modal>
  );
}
