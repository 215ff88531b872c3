import { SwapOutlined } from '@ant-design/icons';
import { Button, Radio, Tag } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useCan } from '../api/session';
import { type Customer, useDepartments, useStaff } from '../customers/api';
import { useFields } from '../fields/api';
import { FieldText } from '../fields/FieldText';
import { valuesOf } from '../fields/model';
import { said } from '../i18n';
import { LevelBadge } from '../kit/level';
import { DayText, Money, PhoneText } from '../kit/texts';
import { useLevels } from '../kit/useLevels';
import { FIELDS, type Field, type Preview, useSealed } from './api';

/** What is taken from the entry that goes. */
export interface Taken {
  fields: Field[];
  own: string[];
  sealed: string[];
}

export const NOTHING: Taken = { fields: [], own: [], sealed: [] };

interface Props {
  stays: Customer;
  goes: Customer;
  preview: Preview | undefined;
  taken: Taken;
  onTake: (taken: Taken) => void;
  onSwap: () => void;
}

interface Line {
  key: string;
  label: string;
  stays: ReactNode;
  goes: ReactNode;
  /** Both have something else: one is chosen. */
  choice?: { taken: boolean; set: (taken: boolean) => void };
}

const toggled = <T,>(list: T[], one: T, on: boolean) => (on ? [...list, one] : list.filter((other) => other !== one));

/** Two entries, line by line; where they differ, which one holds. */
export function Compare({ stays, goes, preview, taken, onTake, onSwap }: Props) {
  const { t } = useTranslation('merge');
  const can = useCan();
  const { byRank } = useLevels();
  const staff = useStaff().data ?? [];
  const departments = useDepartments().data ?? [];
  const own = useFields().data ?? [];
  const anySealed = Boolean(preview?.sealed.length);
  const sealed = [useSealed(stays.id, anySealed).data ?? [], useSealed(goes.id, anySealed).data ?? []] as const;

  const text = (field: Field, one: Customer): ReactNode => {
    const value = one[field];
    if (value === null || value === undefined || value === '') return null;
    if (field === 'gender') return t(`customers:gender.${value}`);
    if (field === 'birthday' || field === 'joined_day') return <DayText value={String(value)} />;
    if (field === 'owner_id') return staff.find((person) => person.id === value)?.name ?? t('somebody');
    if (field === 'department_id') {
      const found = departments.find((department) => department.id === value);
      return found ? (found.path_text ?? found.name) : t('some_department');
    }
    return String(value);
  };
  const differing = new Set(preview?.choices.map((choice) => choice.field));
  const assigns = can('assign_customers');
  const lines: Line[] = FIELDS.map((field) => ({
    key: field,
    label: t(`field.${field}`),
    stays: text(field, stays),
    goes: text(field, goes),
    choice:
      differing.has(field) && (assigns || (field !== 'owner_id' && field !== 'department_id'))
        ? {
            taken: taken.fields.includes(field),
            set: (on) => onTake({ ...taken, fields: toggled(taken.fields, field, on) }),
          }
        : undefined,
  }));
  const [mine, theirs] = [valuesOf(stays), valuesOf(goes)];
  for (const field of own) {
    const [one, other] = [mine[field.key], theirs[field.key]];
    const has = (value: unknown) => value !== undefined && value !== null;
    lines.push({
      key: field.key,
      label: said(field.label),
      stays: has(one) && <FieldText field={field} value={one} />,
      goes: has(other) && <FieldText field={field} value={other} />,
      choice:
        has(one) && has(other) && JSON.stringify(one) !== JSON.stringify(other)
          ? {
              taken: taken.own.includes(field.key),
              set: (on) => onTake({ ...taken, own: toggled(taken.own, field.key, on) }),
            }
          : undefined,
    });
  }
  for (const id of preview?.sealed ?? []) {
    const [one, other] = sealed.map((values) => values.find((value) => value.field.id === id));
    if (!one) continue;
    lines.push({
      key: id,
      label: said(one.field.name),
      stays: one.masked,
      goes: other?.masked,
      choice: {
        taken: taken.sealed.includes(id),
        set: (on) => onTake({ ...taken, sealed: toggled(taken.sealed, id, on) }),
      },
    });
  }
  lines.push({ key: 'phones', label: t('field.phones'), stays: phones(stays), goes: phones(goes) });
  lines.push({
    key: 'emails',
    label: t('field.emails'),
    stays: stays.emails.join(' '),
    goes: goes.emails.join(' '),
  });
  lines.push({
    key: 'orders',
    label: t('field.orders'),
    stays: orders(stays),
    goes: orders(goes),
  });
  const head = (one: Customer, mark: ReactNode) => (
    <div className="mg-who">
      <b>{one.name}</b>
      <LevelBadge {...byRank.get(one.level_rank)} rank={one.level_rank} />
      {mark}
    </div>
  );
  return (
    <div className="mg-table">
      <div className="mg-line mg-head">
        <Button size="small" icon={<SwapOutlined />} onClick={onSwap}>
          {t('swap')}
        </Button>
        {head(stays, <Tag color="success">{t('stays')}</Tag>)}
        {head(goes, <Tag>{t('goes')}</Tag>)}
      </div>
      {lines
        .filter((line) => line.stays || line.goes)
        .map((line) => (
          <div key={line.key} className={`mg-line${line.choice ? ' mg-differs' : ''}`}>
            <span className="quiet">{line.label}</span>
            {line.choice ? (
              <>
                <Radio
                  checked={!line.choice.taken}
                  onChange={() => line.choice?.set(false)}
                  aria-label={t('take_from', { field: line.label, name: t('stays') })}
                >
                  {line.stays}
                </Radio>
                <Radio
                  checked={line.choice.taken}
                  onChange={() => line.choice?.set(true)}
                  aria-label={t('take_from', { field: line.label, name: t('goes') })}
                >
                  {line.goes}
                </Radio>
              </>
            ) : (
              <>
                <span>{line.stays || '–'}</span>
                <span>{line.goes || '–'}</span>
              </>
            )}
          </div>
        ))}
    </div>
  );
}

const phones = (one: Customer) =>
  one.phones.length > 0 && (
    <span className="mg-several">
      {one.phones.map((phone) => (
        <PhoneText key={phone} value={phone} />
      ))}
    </span>
  );

const orders = (one: Customer) => (
  <span>
    {one.orders} · <Money value={one.net_spend} />
  </span>
);
