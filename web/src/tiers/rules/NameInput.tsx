import { Input } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Words } from '../api';

interface Props {
  name: Words;
  label: string;
  fault?: string | undefined;
  disabled?: boolean | undefined;
  onChange: (name: Words) => void;
}

/** A name in both languages: members and staff read it in either. */
export function NameInput({ name, label, fault, disabled, onChange }: Props) {
  const { t } = useTranslation('tiers');
  const status = fault ? { status: 'error' as const } : {};
  return (
    <div className="names">
      <Input
        value={name.zh}
        disabled={disabled}
        maxLength={60}
        {...status}
        aria-label={t('rules.name_zh', { label })}
        prefix={<span className="quiet">中</span>}
        onChange={(event) => onChange({ ...name, zh: event.target.value })}
      />
      <Input
        value={name.en}
        disabled={disabled}
        maxLength={120}
        {...status}
        aria-label={t('rules.name_en', { label })}
        prefix={<span className="quiet">EN</span>}
        onChange={(event) => onChange({ ...name, en: event.target.value })}
      />
      {fault && (
        <p className="fault" role="alert">
          {fault}
        </p>
      )}
    </div>
  );
}
