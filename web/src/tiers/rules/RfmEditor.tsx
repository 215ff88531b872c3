import { InputNumber, Segmented } from 'antd';
import { useTranslation } from 'react-i18next';
import { said } from '../../i18n';
import type { Unit } from '../model/indicators';
import type { Grading, Range, RfmGroup, RfmSettings } from '../model/rules';
import { Panel } from '../parts/Panel';
import type { PartProps } from './Editor';
import { UnitInput } from './UnitInput';
import { WindowInput } from './WindowInput';

const AXES: { axis: 'recency' | 'frequency' | 'monetary'; unit: Unit; start: [number, number, number, number] }[] = [
  { axis: 'recency', unit: 'days', start: [365, 180, 90, 30] },
  { axis: 'frequency', unit: 'count', start: [2, 4, 8, 12] },
  { axis: 'monetary', unit: 'money', start: [500, 2_000, 10_000, 50_000] },
];

/** RFM: the window, and for each axis fifths of the base or fixed limits. */
export function RfmEditor({ rules, faults, disabled, onChange }: PartProps) {
  const { t } = useTranslation('tiers');
  const rfm: RfmSettings = rules.rfm ?? { window: { days: 365 } };
  const set = (change: Partial<RfmSettings>) => onChange({ ...rules, rfm: { ...rfm, ...change } });
  const wrong = faults.at('rfm.window') ?? faults.at('rfm.groups');
  return (
    <Panel title="RFM" note={t('rules.rfm_note')}>
      <div className="rfm-window">
        <span>{t('rules.rfm_window')}</span>
        <WindowInput window={rfm.window} label="RFM" disabled={disabled} onChange={(window) => set({ window })} />
      </div>
      {wrong && (
        <p className="fault" role="alert">
          {wrong}
        </p>
      )}
      {AXES.map(({ axis, unit, start }) => {
        const grading: Grading = rfm[axis] ?? 'quantile';
        const limits = grading === 'quantile' ? null : grading.bands;
        const texts = [...new Set(faults.within(`rfm.${axis}`))];
        return (
          <section key={axis} className="rfm-axis" aria-label={t(`rules.${axis}`)}>
            <h3>{t(`rules.${axis}`)}</h3>
            <Segmented
              size="small"
              disabled={disabled}
              value={limits ? 'bands' : 'quantile'}
              options={[
                { value: 'quantile', label: t('rules.quantile') },
                { value: 'bands', label: t('rules.bands') },
              ]}
              onChange={(form) => set({ [axis]: form === 'bands' ? { bands: start } : 'quantile' })}
            />
            {limits && (
              <ol className="rfm-limits">
                {limits.map((limit, index) => (
                  <li key={`limit-${index + 2}`}>
                    <span>{t(axis === 'recency' ? 'rules.grade_within' : 'rules.grade_from', { n: index + 2 })}</span>
                    <UnitInput
                      unit={unit}
                      value={limit}
                      disabled={disabled}
                      status={texts.length ? 'error' : undefined}
                      label={`${t(`rules.${axis}`)} ${t('rules.grade', { n: index + 2 })}`}
                      onChange={(value) =>
                        set({ [axis]: { bands: limits.map((each, i) => (i === index ? value : each)) } })
                      }
                    />
                  </li>
                ))}
              </ol>
            )}
            {texts.map((text) => (
              <p className="fault" role="alert" key={text}>
                {text}
              </p>
            ))}
          </section>
        );
      })}
      <Groups groups={rfm.groups ?? []} disabled={disabled} onChange={(groups) => set({ groups })} />
    </Panel>
  );
}

function Groups({
  groups,
  disabled,
  onChange,
}: {
  groups: RfmGroup[];
  disabled: boolean;
  onChange: (groups: RfmGroup[]) => void;
}) {
  const { t } = useTranslation('tiers');
  if (groups.length === 0) return null;
  const axes = (['r', 'f', 'm', 'fm'] as const).filter((axis) => groups.some((group) => group[axis]));
  const set = (index: number, axis: (typeof axes)[number], end: 0 | 1, value: number | null) => {
    if (value === null) return;
    onChange(
      groups.map((group, i) => {
        if (i !== index) return group;
        const now: Range = group[axis] ?? [1, 5];
        return { ...group, [axis]: end === 0 ? [value, Math.max(value, now[1])] : [Math.min(value, now[0]), value] };
      }),
    );
  };
  return (
    <section className="rfm-groups">
      <h3>{t('rfm.groups')}</h3>
      <p className="quiet">{t('rules.groups_note')}</p>
      <div className="scroll-x">
        <table>
          <thead>
            <tr>
              <th scope="col">{t('rfm.group')}</th>
              {axes.map((axis) => (
                <th key={axis} scope="col">
                  {t(`rules.axis.${axis}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {groups.map((group, index) => (
              <tr key={group.id}>
                <th scope="row">{said(group.name)}</th>
                {axes.map((axis) => (
                  <td key={axis}>
                    <span className="range">
                      {([0, 1] as const).map((end) => (
                        <InputNumber
                          key={end}
                          min={1}
                          max={5}
                          precision={0}
                          controls={false}
                          disabled={disabled}
                          value={(group[axis] ?? [1, 5])[end]}
                          aria-label={t(end === 0 ? 'rules.range_from' : 'rules.range_to', {
                            group: said(group.name),
                            axis: axis.toUpperCase(),
                          })}
                          onChange={(value) => set(index, axis, end, value)}
                        />
                      ))}
                    </span>
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
