import { useTranslation } from 'react-i18next';
import { useStaff } from '../customers/api';
import { said } from '../i18n';
import { DayText, Money } from '../kit/texts';
import type { OwnField } from './model';

/** A value as people read it; nothing where there is none. */
export function FieldText({ field, value }: { field: OwnField; value: unknown }) {
  const { t } = useTranslation('common');
  const staff = useStaff().data ?? [];
  if (value === null || value === undefined || value === '') return null;
  const choice = (id: unknown) => {
    const found = field.choices.find((one) => one.id === id);
    if (!found) return null;
    return (
      <span key={found.id} className="own-choice">
        {found.colour && <i aria-hidden style={{ background: found.colour }} />}
        {said(found.label)}
      </span>
    );
  };
  switch (field.kind) {
    case 'money':
      return <Money value={String(value)} />;
    case 'date':
      return <DayText value={String(value)} />;
    case 'yes_no':
      return value ? t('yes') : t('no');
    case 'choice':
      return choice(value);
    case 'choices':
      return <span className="own-choices">{(value as unknown[]).map(choice)}</span>;
    case 'number':
      return (
        <span className="number">
          {Number(value).toLocaleString()}
          {field.unit ? ` ${field.unit}` : ''}
        </span>
      );
    case 'person':
      return staff.find((one) => one.id === value)?.name ?? '–';
    default:
      return <span className="note-text">{String(value)}</span>;
  }
}
