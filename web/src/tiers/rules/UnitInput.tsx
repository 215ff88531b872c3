import { InputNumber } from 'antd';
import { useTranslation } from 'react-i18next';
import { useSession } from '../../api/session';
import type { Unit } from '../model/indicators';

interface Props {
  unit: Unit;
  value: number | null;
  label: string;
  disabled?: boolean | undefined;
  status?: 'error' | undefined;
  onChange: (value: number) => void;
}

/** A number with its unit: money with its sign and separators, a share as per cent. */
export function UnitInput({ unit, value, label, disabled, status, onChange }: Props) {
  const { t } = useTranslation('tiers');
  const { organisation } = useSession();
  const percent = unit === 'share';
  const sign =
    new Intl.NumberFormat('zh-CN', {
      style: 'currency',
      currency: organisation.currency,
      currencyDisplay: 'narrowSymbol',
    })
      .formatToParts(0)
      .find((part) => part.type === 'currency')?.value ?? organisation.currency;
  return (
    <InputNumber<number>
      value={percent && value !== null ? round(value * 100) : value}
      disabled={disabled}
      status={status}
      controls={false}
      aria-label={label}
      prefix={unit === 'money' ? sign : undefined}
      suffix={unit === 'money' ? undefined : percent ? '%' : t(`unit.${unit}`)}
      formatter={(shown) => grouped(shown)}
      parser={(text) => Number((text ?? '').replace(/[,，\s]/g, ''))}
      onChange={(next) => next !== null && !Number.isNaN(next) && onChange(percent ? round(next) / 100 : next)}
      style={{ width: '100%' }}
    />
  );
}

const round = (value: number): number => Math.round(value * 1e6) / 1e6;

/** `100000.5` → `100,000.5`, and what is being typed stays typed. */
function grouped(value: number | string | undefined): string {
  if (value === undefined || value === '') return '';
  const [whole = '', ...rest] = String(value).split('.');
  return [whole.replace(/\B(?=(\d{3})+(?!\d))/g, ','), ...rest].join('.');
}
