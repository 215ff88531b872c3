import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, InputNumber, Segmented } from 'antd';
import { useTranslation } from 'react-i18next';
import { fromRows, isStep, pathOf, rowFaults, rowsOf, withRow } from '../model/bands';
import type { Faults } from '../model/faults';
import type { Bands, Unit } from '../model/indicators';
import { UnitInput } from './UnitInput';

interface Props {
  bands: Bands;
  unit: Unit;
  /** Name of the indicator, for the fields' labels. */
  name: string;
  /** Where the bands stand in the rules, to find their faults. */
  path: string;
  faults: Faults;
  disabled?: boolean;
  onChange: (bands: Bands) => void;
}

/** How a value becomes points: a table to edit and a picture of it. */
export function BandsEditor({ bands, unit, name, path, faults, disabled, onChange }: Props) {
  const { t } = useTranslation('tiers');
  const step = isStep(bands);
  const rows = rowsOf(bands);
  const own = rowFaults(rows);
  const set = (next: typeof rows) => onChange(fromRows(next, step));
  const at = (index: number, change: Partial<(typeof rows)[number]>) =>
    set(rows.map((row, i) => (i === index ? { ...row, ...change } : row)));
  const messages = [...new Set(faults.within(path))];
  return (
    <div className="bands">
      <div className="bands-table">
        <Segmented
          size="small"
          disabled={disabled}
          value={step ? 'step' : 'linear'}
          options={[
            { value: 'step', label: t('rules.step') },
            { value: 'linear', label: t('rules.linear') },
          ]}
          onChange={(form) => onChange(fromRows(rows, form === 'step'))}
        />
        <table>
          <thead>
            <tr>
              <th scope="col">{t(step ? 'rules.from' : 'rules.at')}</th>
              <th scope="col">{t('rules.points')}</th>
              <td />
            </tr>
          </thead>
          <tbody>
            {rows.map((row, index) => (
              <tr key={`row-${index}`}>
                <td>
                  <UnitInput
                    unit={unit}
                    value={row.value}
                    disabled={disabled}
                    status={own[index] === 'not_rising' || own[index] === 'not_a_number' ? 'error' : undefined}
                    label={t('rules.from_of', { name, row: index + 1 })}
                    onChange={(value) => at(index, { value })}
                  />
                </td>
                <td>
                  <InputNumber
                    min={0}
                    max={100}
                    value={row.points}
                    disabled={disabled}
                    controls={false}
                    status={own[index] === 'points_range' ? 'error' : undefined}
                    aria-label={t('rules.points_of', { name, row: index + 1 })}
                    onChange={(points) => points !== null && at(index, { points })}
                  />
                </td>
                <td>
                  <Button
                    type="text"
                    size="small"
                    icon={<DeleteOutlined />}
                    disabled={disabled || rows.length <= 1}
                    aria-label={t('rules.remove_row', { row: index + 1 })}
                    onClick={() => set(rows.filter((_, i) => i !== index))}
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        <Button
          type="link"
          size="small"
          icon={<PlusOutlined />}
          disabled={disabled || rows.length >= 20}
          onClick={() => set(withRow(rows))}
        >
          {t('rules.add_row')}
        </Button>
        {own.includes('not_rising') && (
          <p className="fault" role="alert">
            {t('rules.not_rising')}
          </p>
        )}
        {messages.map((message) => (
          <p className="fault" role="alert" key={message}>
            {message}
          </p>
        ))}
      </div>
      <svg viewBox="-2 -4 104 108" preserveAspectRatio="none" className="bands-picture" aria-hidden="true">
        <path d="M0 0H100M0 50H100M0 100H100" className="bands-grid" />
        <path d={`${pathOf(bands)}V100H0Z`} className="bands-area" />
        <path d={pathOf(bands)} className="bands-line" />
      </svg>
    </div>
  );
}
