import { PlusOutlined } from '@ant-design/icons';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, DatePicker, Drawer, Form, Grid, Input, Segmented, Select } from 'antd';
import dayjs, { type Dayjs } from 'dayjs';
import { useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { patch, post } from '../api/client';
import { messageOf, Problem } from '../api/problem';
import { useCan } from '../api/session';
import { useFields } from '../fields/api';
import { FieldInputs } from '../fields/FieldInput';
import { changes, type OwnField, toForm, valuesOf } from '../fields/model';
import '../fields/fields.css';
import { useFieldRight } from '../roles/api';
import { type Customer, type Revealed, useDepartments, useStaff } from './api';
import { RevealDialog } from './RevealDialog';

interface Props {
  open: boolean;
  onClose: () => void;
  onDone: (id: string) => void;
  /** The one to change; a new one without. */
  customer?: Customer;
}

interface Values {
  kind: Customer['kind'];
  name: string;
  phones: string[];
  emails: string[];
  gender?: Customer['gender'];
  birthday?: Dayjs | null;
  region?: string;
  city?: string;
  owner_id?: string;
  department_id?: string;
  note?: string;
  fields?: Record<string, unknown>;
}

const NONE: OwnField[] = [];
const filled = (texts: string[] | undefined) => (texts ?? []).map((text) => text?.trim()).filter(Boolean);

/** New customer, or the profile of an old one. What was typed stays when the server says no. */
export function CustomerForm({ open, onClose, onDone, customer }: Props) {
  const { t } = useTranslation('customers');
  const phone = !Grid.useBreakpoint().md;
  const { message } = App.useApp();
  const can = useCan();
  const queries = useQueryClient();
  const [form] = Form.useForm<Values>();
  const kind = Form.useWatch('kind', form);
  const [contacts, setContacts] = useState(true);
  const [asking, ask] = useState(false);
  const staff = useStaff().data ?? [];
  const departments = useDepartments().data ?? [];
  const found = useFields();
  const rightTo = useFieldRight();
  const writes = (field: string) => rightTo(field) === 'write';
  const own = useMemo(
    () => (found.data ?? NONE).filter((field) => rightTo(`fields.${field.key}`) === 'write'),
    [found.data, rightTo],
  );
  const values = useMemo(() => (customer ? valuesOf(customer) : {}), [customer]);

  useEffect(() => {
    if (!open) return;
    form.resetFields();
    form.setFieldsValue(
      customer
        ? ({ ...customer, birthday: customer.birthday ? dayjs(customer.birthday) : null } as unknown as Values)
        : { kind: 'person', phones: [''], emails: [''] },
    );
    setContacts(!customer || (customer.phones.length === 0 && customer.emails.length === 0));
    if (customer) form.setFieldsValue({ phones: [''], emails: [''] });
    form.setFieldsValue({ fields: toForm(own, values) });
  }, [open, customer, form, own, values]);

  // They come masked, so they are shown whole (and that is recorded) before they can be changed.
  const openContacts = (whole: Revealed) => {
    form.setFieldsValue({
      phones: whole.phones.length ? whole.phones : [''],
      emails: whole.emails.length ? whole.emails : [''],
    });
    setContacts(true);
  };

  const save = useMutation({
    mutationFn: async (values: Values) => {
      const fields = changes(own, values.fields ?? {}, customer ? valuesOf(customer) : {});
      const body: Record<string, unknown> = {
        ...(Object.keys(fields).length ? { fields } : {}),
        kind: values.kind,
        name: values.name.trim(),
        ...(contacts ? { phones: filled(values.phones), emails: filled(values.emails) } : {}),
        gender: values.kind === 'person' ? (values.gender ?? null) : null,
        birthday: values.kind === 'person' ? (values.birthday?.format('YYYY-MM-DD') ?? null) : null,
        region: values.region?.trim() || null,
        city: values.city?.trim() || null,
        note: values.note?.trim() || null,
        ...(can('assign_customers')
          ? { owner_id: values.owner_id ?? null, department_id: values.department_id ?? null }
          : {}),
      };
      // What the role may not write stays as it is.
      for (const field of ['gender', 'birthday', 'region', 'city', 'note', 'phones', 'emails']) {
        if (!writes(field)) delete body[field];
      }
      return customer
        ? patch<Customer>(`/customers/${customer.id}`, body, { version: customer.version })
        : post<Customer>('/customers', body);
    },
    onSuccess: (saved) => {
      message.success(customer ? t('common:saved') : t('form.made', { name: saved.name }));
      void queries.invalidateQueries({ queryKey: ['list', '/customers'] });
      void queries.invalidateQueries({ queryKey: ['count', '/customers/count'] });
      void queries.invalidateQueries({ queryKey: ['customer', saved.id] });
      void queries.invalidateQueries({ queryKey: ['session'] });
      onClose();
      onDone(saved.id);
    },
    onError: (error) => {
      if (!(error instanceof Problem)) return;
      const marks = Object.entries(error.fields).map(([path, text]) => {
        const parts = path.split(/[.[\]]+/).filter(Boolean);
        const name = parts.map((part) => (/^\d+$/.test(part) ? Number(part) : part));
        // A list without an index: mark its first line.
        const full = name.length === 1 && ['phones', 'emails'].includes(String(name[0])) ? [...name, 0] : name;
        return { name: full as never, errors: [text] };
      });
      if (marks.length) form.setFields(marks);
    },
  });
  const other = save.error instanceof Problem && Object.keys(save.error.fields).length > 0 ? undefined : save.error;
  const duplicate = save.error instanceof Problem ? /cus_[0-9a-z-]+/.exec(save.error.message)?.[0] : undefined;

  const many = (name: 'phones' | 'emails', label: string, more: string) => (
    <Form.List name={name}>
      {(fields, { add }) => (
        <div className="many">
          {fields.map((field, index) => (
            <Form.Item
              key={field.key}
              name={field.name}
              label={index === 0 ? label : undefined}
              htmlFor={`customer_${name}_${index}`}
            >
              <Input
                id={`customer_${name}_${index}`}
                aria-label={label}
                inputMode={name === 'phones' ? 'tel' : 'email'}
                autoComplete="off"
                maxLength={120}
              />
            </Form.Item>
          ))}
          {fields.length < 5 && (
            <Button type="link" size="small" icon={<PlusOutlined />} onClick={() => add('')}>
              {more}
            </Button>
          )}
        </div>
      )}
    </Form.List>
  );

  return (
    <Drawer
      open={open}
      onClose={onClose}
      size={phone ? '100%' : 480}
      title={customer ? t('form.edit') : t('new')}
      destroyOnHidden
      forceRender={false}
      footer={
        <div className="drawer-foot">
          <Button onClick={onClose}>{t('common:action.cancel')}</Button>
          <Button type="primary" loading={save.isPending} onClick={() => form.submit()}>
            {t('common:action.save')}
          </Button>
        </div>
      }
    >
      <Form form={form} layout="vertical" onFinish={(values) => save.mutate(values)} name="customer" scrollToFirstError>
        {other && <Alert type="error" showIcon title={messageOf(other)} style={{ marginBottom: 16 }} />}
        {duplicate && (
          <Alert
            type="warning"
            showIcon
            style={{ marginBottom: 16 }}
            title={<Link to={`/customers/${duplicate}`}>{t('form.open_duplicate')}</Link>}
          />
        )}
        <Form.Item name="kind">
          <Segmented
            options={[
              { value: 'person', label: t('kind.person') },
              { value: 'company', label: t('kind.company') },
            ]}
          />
        </Form.Item>
        <Form.Item
          name="name"
          label={kind === 'company' ? t('form.company_name') : t('form.name')}
          rules={[{ required: true, whitespace: true, message: t('form.name_needed') }]}
        >
          <Input maxLength={120} autoFocus />
        </Form.Item>
        {contacts ? (
          <>
            {writes('phones') && many('phones', t('form.phone'), t('form.more_phones'))}
            {writes('emails') && many('emails', t('form.email'), t('form.more_emails'))}
          </>
        ) : (
          <div className="many">
            <span className="number">{[...(customer?.phones ?? []), ...(customer?.emails ?? [])].join(' · ')}</span>{' '}
            {writes('phones') && writes('emails') && can('reveal_personal') && (
              <Button type="link" size="small" onClick={() => ask(true)}>
                {t('form.change_contacts')}
              </Button>
            )}
          </div>
        )}
        {kind !== 'company' && (
          <div className="two">
            <Form.Item name="gender" label={t('form.gender')}>
              <Select
                allowClear
                disabled={!writes('gender')}
                options={(['female', 'male', 'other'] as const).map((value) => ({
                  value,
                  label: t(`gender.${value}`),
                }))}
              />
            </Form.Item>
            <Form.Item name="birthday" label={t('form.birthday')}>
              <DatePicker
                style={{ width: '100%' }}
                disabled={!writes('birthday')}
                disabledDate={(day) => day.isAfter(dayjs())}
              />
            </Form.Item>
          </div>
        )}
        <div className="two">
          <Form.Item name="region" label={t('form.region')}>
            <Input maxLength={60} disabled={!writes('region')} />
          </Form.Item>
          <Form.Item name="city" label={t('form.city')}>
            <Input maxLength={60} disabled={!writes('city')} />
          </Form.Item>
        </div>
        {can('assign_customers') && (
          <div className="two">
            <Form.Item name="owner_id" label={t('form.owner')}>
              <Select
                allowClear
                showSearch={{ optionFilterProp: 'label' }}
                options={staff.map((one) => ({ value: one.id, label: one.name }))}
              />
            </Form.Item>
            <Form.Item name="department_id" label={t('form.department')}>
              <Select
                allowClear
                showSearch={{ optionFilterProp: 'label' }}
                options={departments.map((one) => ({ value: one.id, label: one.path_text ?? one.name }))}
              />
            </Form.Item>
          </div>
        )}
        <FieldInputs fields={own} values={values} />
        <Form.Item name="note" label={t('form.note')}>
          <Input.TextArea autoSize={{ minRows: 3, maxRows: 10 }} maxLength={4000} disabled={!writes('note')} />
        </Form.Item>
      </Form>
      {asking && customer && (
        <RevealDialog customerId={customer.id} onShown={openContacts} onClose={() => ask(false)} />
      )}
    </Drawer>
  );
}
