import { InputNumber, Select, Space } from 'antd';
import { useTranslation } from 'react-i18next';
import { kindOf, type Window, windowOf } from '../model/indicators';

interface Props {
  window: Window;
  label: string;
  disabled?: boolean | undefined;
  status?: 'error' | undefined;
  onChange: (window: Window) => void;
}

/** The span of days that a number looks at. */
export function WindowInput({ window, label, disabled, status, onChange }: Props) {
  const { t } = useTranslation('tiers');
  const kind = kindOf(window);
  return (
    <Space.Compact className="window-input">
      <Select
        value={kind}
        disabled={disabled}
        {...(status ? { status } : {})}
        aria-label={t('rules.window_of', { label })}
        options={[
          { value: 'days', label: t('window.kind_days') },
          { value: 'lifetime', label: t('window.lifetime') },
          { value: 'month', label: t('window.kind_month') },
          { value: 'quarter', label: t('window.kind_quarter') },
          { value: 'year', label: t('window.kind_year') },
        ]}
        onChange={(next) => onChange(windowOf(next))}
      />
      {window !== 'lifetime' && 'days' in window && (
        <InputNumber
          min={1}
          max={36_500}
          precision={0}
          value={window.days}
          disabled={disabled}
          controls={false}
          suffix={t('unit.days')}
          aria-label={t('rules.days_of', { label })}
          onChange={(days) => days !== null && onChange({ days })}
        />
      )}
      {window !== 'lifetime' && 'calendar' in window && (
        <Select
          value={window.calendar.back ?? 0}
          disabled={disabled}
          aria-label={t('rules.back_of', { label })}
          options={[0, 1, 2, 3, 4].map((back) => ({
            value: back,
            label:
              back === 0
                ? t(`window.this_${window.calendar.unit}`)
                : back === 1
                  ? t(`window.last_${window.calendar.unit}`)
                  : t(`window.back_${window.calendar.unit}`, { n: back }),
          }))}
          onChange={(back) => onChange({ calendar: { ...window.calendar, back } })}
        />
      )}
    </Space.Compact>
  );
}
