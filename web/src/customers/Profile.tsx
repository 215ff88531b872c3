import { EyeOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCan } from '../api/session';
import { useFields } from '../fields/api';
import { FieldText } from '../fields/FieldText';
import { valuesOf } from '../fields/model';
import { said } from '../i18n';
import { DayText, PhoneText } from '../kit/texts';
import { type Customer, type Revealed, useDepartments, useStaff } from './api';
import { RevealDialog } from './RevealDialog';
import '../fields/fields.css';

/** What is known of the customer himself. Lines without content are left out. */
export function Profile({ customer }: { customer: Customer }) {
  const { t } = useTranslation('customers');
  const staff = useStaff().data ?? [];
  const departments = useDepartments().data ?? [];
  const owner = staff.find((one) => one.id === customer.owner_id)?.name;
  const department = departments.find((one) => one.id === customer.department_id);
  const own = useFields().data ?? [];
  const values = valuesOf(customer);
  const can = useCan();
  const [asking, ask] = useState(false);
  const [open, setOpen] = useState<{ id: string } & Revealed>();
  const shown = open?.id === customer.id ? open : customer;
  const eye = shown === customer && can('reveal_personal') && (
    <Button type="link" size="small" className="reveal" icon={<EyeOutlined />} onClick={() => ask(true)}>
      {t('form.reveal')}
    </Button>
  );
  // What is filled in and kept from the reader.
  const masked = (customer as { masked?: string[] }).masked ?? [];
  const dots = (field: string) => masked.includes(field) && '•••';
  const lines: [string, ReactNode][] = [
    [
      t('form.phone'),
      shown.phones.length > 0 && (
        <>
          {shown.phones.map((phone) => (
            <PhoneText key={phone} value={phone} whole={shown !== customer} />
          ))}
          {eye}
        </>
      ),
    ],
    [
      t('form.email'),
      shown.emails.length > 0 && (
        <>
          {shown.emails.map((mail) => (
            <span key={mail}>{mail}</span>
          ))}
          {shown.phones.length === 0 && eye}
        </>
      ),
    ],
    [t('form.gender'), customer.gender ? t(`gender.${customer.gender}`) : dots('gender')],
    [t('form.birthday'), customer.birthday ? <DayText value={customer.birthday} /> : dots('birthday')],
    [t('form.place'), [customer.region ?? dots('region'), customer.city ?? dots('city')].filter(Boolean).join(' ')],
    [t('form.owner'), owner],
    [t('form.department'), department && (department.path_text ?? department.name)],
    [t('column.joined'), customer.joined_day ? <DayText value={customer.joined_day} /> : dots('joined_day')],
    [t('form.first_order'), customer.first_order_day && <DayText value={customer.first_order_day} />],
    [
      t('form.external'),
      customer.external_ids.length > 0 &&
        customer.external_ids.map((one) => (
          <span key={`${one.source}/${one.value}`}>
            {one.value} <span className="quiet">{one.source}</span>
          </span>
        )),
    ],
    ...own.map((field): [string, ReactNode] => {
      const value = values[field.key];
      const empty = value === undefined || value === null;
      return [said(field.label), empty ? dots(`fields.${field.key}`) : <FieldText field={field} value={value} />];
    }),
    [t('form.note'), customer.note ? <span className="note-text">{customer.note}</span> : dots('note')],
  ];
  return (
    <dl className="profile">
      {lines
        .filter(([, value]) => value)
        .map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      {asking && (
        <RevealDialog
          customerId={customer.id}
          onShown={(whole) => setOpen({ id: customer.id, ...whole })}
          onClose={() => ask(false)}
        />
      )}
    </dl>
  );
}
