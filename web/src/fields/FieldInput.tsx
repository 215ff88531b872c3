import { DatePicker, Form, Input, InputNumber, Radio, Select } from 'antd';
import dayjs from 'dayjs';
import { useTranslation } from 'react-i18next';
import { useStaff } from '../customers/api';
import { said } from '../i18n';
import { type OwnField, offered } from './model';

/** The inputs of own fields, two in a row where they are short. */
export function FieldInputs({ fields, values }: { fields: OwnField[]; values: Record<string, unknown> }) {
  const { t } = useTranslation('fields');
  if (fields.length === 0) return null;
  return (
    <fieldset className="own-fields">
      <legend>{t('section')}</legend>
      <div className="two">
        {fields.map((field) => (
          <FieldItem key={field.key} field={field} had={values[field.key]} />
        ))}
      </div>
    </fieldset>
  );
}

function FieldItem({ field, had }: { field: OwnField; had: unknown }) {
  const { t } = useTranslation('fields');
  const long = field.kind === 'choices' || (field.kind === 'text' && Number(field.max ?? 4000) > 100);
  return (
    <Form.Item
      className={long ? 'own-long' : undefined}
      name={['fields', field.key]}
      label={field.unit ? `${said(field.label)} (${field.unit})` : said(field.label)}
      extra={said(field.help) || undefined}
      rules={[{ required: field.required, message: t('needed', { name: said(field.label) }) }]}
    >
      <FieldInput field={field} had={had} />
    </Form.Item>
  );
}

interface InputProps {
  field: OwnField;
  had?: unknown;
  id?: string;
  // The form hands these in.
  value?: unknown;
  onChange?: (value: unknown) => void;
}

/** The input of one field. */
export function FieldInput({ field, had, ...rest }: InputProps) {
  const { t } = useTranslation('fields');
  const staff = useStaff().data ?? [];
  const { id, value, onChange } = rest;
  const width = { width: '100%' };
  const choices = offered(field, had).map((choice) => ({
    value: choice.id,
    label: choice.retired ? t('retired_choice', { name: said(choice.label) }) : said(choice.label),
  }));
  switch (field.kind) {
    case 'text': {
      const max = Number(field.max ?? 4000);
      const typed = (value as string | null) ?? '';
      const change = (event: { target: { value: string } }) => onChange?.(event.target.value);
      return max > 100 ? (
        <Input.TextArea id={id} value={typed} onChange={change} maxLength={max} autoSize={{ minRows: 1, maxRows: 8 }} />
      ) : (
        <Input id={id} value={typed} onChange={change} maxLength={max} />
      );
    }
    case 'number':
      return (
        <InputNumber
          id={id}
          value={value as number | null}
          onChange={onChange}
          precision={field.decimals ?? undefined}
          controls={false}
          style={width}
        />
      );
    case 'money':
      return (
        <InputNumber<string>
          id={id}
          value={value as string | null}
          onChange={onChange}
          stringMode
          controls={false}
          style={width}
        />
      );
    case 'date':
      return (
        <DatePicker
          id={id}
          value={dayjs.isDayjs(value) ? value : null}
          onChange={onChange}
          minDate={field.min ? dayjs(field.min) : undefined}
          maxDate={field.max ? dayjs(field.max) : undefined}
          style={width}
        />
      );
    case 'yes_no':
      return (
        <Radio.Group
          id={id}
          value={value ?? 'none'}
          onChange={(event) => onChange?.(event.target.value === 'none' ? null : event.target.value)}
          options={[
            { value: true, label: t('common:yes') },
            { value: false, label: t('common:no') },
            ...(field.required ? [] : [{ value: 'none', label: t('unknown') }]),
          ]}
        />
      );
    case 'choices':
      return (
        <Select
          id={id}
          mode="multiple"
          value={(value as string[] | null) ?? []}
          onChange={onChange}
          options={choices}
          showSearch={{ optionFilterProp: 'label' }}
        />
      );
    case 'choice':
      return (
        <Select
          id={id}
          allowClear={!field.required}
          value={value as string | null}
          onChange={(next) => onChange?.(next ?? null)}
          options={choices}
          showSearch={{ optionFilterProp: 'label' }}
        />
      );
    default:
      return (
        <Select
          id={id}
          allowClear={!field.required}
          value={value as string | null}
          onChange={(next) => onChange?.(next ?? null)}
          options={staff.map((one) => ({ value: one.id, label: one.name }))}
          showSearch={{ optionFilterProp: 'label' }}
        />
      );
  }
}
