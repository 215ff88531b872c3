import { InputNumber, Radio, Select, Switch } from 'antd';
import { type ReactNode, useId } from 'react';
import { useTranslation } from 'react-i18next';
import { said } from '../../i18n';
import { LevelBadge } from '../../kit/level';
import type { Faults } from '../model/faults';
import { type Cycle, type Level, type Life, type Rules, setLevel } from '../model/rules';
import { sayRule } from '../model/say';
import { Panel } from '../parts/Panel';
import { RuleEditor } from '../rules/RuleEditor';
import { UnitInput } from '../rules/UnitInput';
import { useVoice } from '../useVoice';
import { daysOf, kindOf, readNotices, startLife, VALIDITIES, validityOf } from './model';
import './life.css';

interface Props {
  rules: Rules;
  faults: Faults;
  disabled: boolean;
  onChange: (rules: Rules, continues?: boolean) => void;
}

const CYCLES: Cycle[] = ['month', 'quarter', 'half_year', 'year'];

/** How levels are held, kept and lost: for the whole ladder, and level by level. */
export function LifeEditor({ rules, faults, disabled, onChange }: Props) {
  const { t } = useTranslation('tiers');
  const life = rules.life ?? null;
  const change = (part: Partial<Life>, continues?: boolean) =>
    onChange({ ...rules, life: { ...(life ?? startLife()), ...part } }, continues);
  const review = life?.review ?? {};
  const changeReview = (part: Partial<NonNullable<Life['review']>>) => change({ review: { ...review, ...part } });
  const levels = [...rules.levels].sort((a, b) => b.rank - a.rank);
  return (
    <>
      <Panel title={t('life.ed.title')} note={t('life.ed.note')}>
        <Line label={t('life.ed.on')} note={t(life ? 'life.ed.on_note' : 'life.ed.off_note')}>
          <Switch
            checked={life !== null}
            disabled={disabled}
            aria-label={t('life.ed.on')}
            onChange={(on) => {
              const { life: _gone, ...rest } = rules;
              onChange(on ? { ...rules, life: startLife() } : rest);
            }}
          />
        </Line>
        {faults.within('life').map((text) => (
          <p className="fault" role="alert" key={text}>
            {text}
          </p>
        ))}
      </Panel>
      {life && (
        <>
          <Panel title={t('life.ed.validity')} note={t('life.ed.validity_note')}>
            <Validity life={life} disabled={disabled} onChange={change} />
            <Line label={t('life.ed.rounding')}>
              <Select
                value={life.rounding ?? 'none'}
                disabled={disabled}
                aria-label={t('life.ed.rounding')}
                popupMatchSelectWidth={false}
                options={(['none', 'month', 'quarter', 'half_year'] as const).map((value) => ({
                  value,
                  label: t(`life.ed.rounding_${value}`),
                }))}
                onChange={(rounding) => change({ rounding })}
              />
            </Line>
            <Line label={t('life.ed.first')} note={t('life.ed.first_note')}>
              <Whole
                value={life.first_cycle_months ?? 0}
                max={60}
                label={t('life.ed.first')}
                unit={t('unit.months')}
                disabled={disabled}
                onChange={(first_cycle_months) => change({ first_cycle_months }, true)}
              />
            </Line>
          </Panel>
          <Panel title={t('life.ed.loss')} note={t('life.ed.loss_note')}>
            <Line label={t('life.ed.observation')} note={t('life.ed.observation_note')}>
              <Whole
                value={life.observation_days}
                max={366}
                label={t('life.ed.observation')}
                unit={t('unit.days')}
                disabled={disabled}
                onChange={(observation_days) => change({ observation_days }, true)}
              />
            </Line>
            <Line label={t('life.ed.benefits')}>
              <Switch
                checked={life.observation_benefits ?? true}
                disabled={disabled || life.observation_days === 0}
                aria-label={t('life.ed.benefits')}
                onChange={(observation_benefits) => change({ observation_benefits })}
              />
            </Line>
            <Line label={t('life.ed.downgrade')}>
              <Radio.Group
                value={life.downgrade}
                disabled={disabled}
                aria-label={t('life.ed.downgrade')}
                onChange={(event) => change({ downgrade: event.target.value as Life['downgrade'] })}
                options={(['one_step', 'to_score', 'to_base'] as const).map((value) => ({
                  value,
                  label: t(`life.ed.downgrade_${value}`),
                }))}
              />
            </Line>
            <Line label={t('life.ed.floor')} note={t('life.ed.floor_note')}>
              <Select
                value={life.floor ?? 'none'}
                disabled={disabled}
                aria-label={t('life.ed.floor')}
                popupMatchSelectWidth={false}
                options={[
                  { value: 'none', label: t('life.ed.no_floor') },
                  ...levels.map((level) => ({ value: level.id, label: said(level.name) })),
                ]}
                onChange={(floor) => change({ floor: floor === 'none' ? null : floor })}
              />
            </Line>
            <Line label={t('life.ed.return')} note={t('life.ed.return_note')}>
              <Whole
                value={life.return_days ?? 0}
                max={3660}
                label={t('life.ed.return')}
                unit={t('unit.days')}
                disabled={disabled}
                onChange={(return_days) => change({ return_days }, true)}
              />
            </Line>
            <Line label={t('life.ed.notices')} note={t('life.ed.notices_note')}>
              <Select
                mode="tags"
                value={(life.notices ?? []).map(String)}
                disabled={disabled}
                aria-label={t('life.ed.notices')}
                tokenSeparators={[',', '，', ' ', '、']}
                open={false}
                suffixIcon={null}
                style={{ minWidth: 220 }}
                onChange={(texts: string[]) => change({ notices: readNotices(texts) })}
              />
            </Line>
          </Panel>
          <Panel title={t('life.ed.review')} note={t('life.ed.review_note')}>
            <Line label={t('life.ed.cycle')}>
              <Select<Cycle | 'none'>
                value={review.cycle ?? 'none'}
                disabled={disabled}
                aria-label={t('life.ed.cycle')}
                popupMatchSelectWidth={false}
                options={[
                  { value: 'none', label: t('life.ed.cycle_none') },
                  ...CYCLES.map((value) => ({ value, label: t(`life.ed.cycle_${value}`) })),
                ]}
                onChange={(cycle) => changeReview({ cycle: cycle === 'none' ? null : cycle })}
              />
            </Line>
            <Line label={t('life.ed.brake')} note={t('life.ed.brake_note')}>
              <UnitInput
                unit="share"
                value={review.brake ?? 0.1}
                disabled={disabled}
                label={t('life.ed.brake')}
                onChange={(brake) => changeReview({ brake })}
              />
            </Line>
            <Line label={t('life.ed.borderline')} note={t('life.ed.borderline_note')}>
              <Switch
                checked={!!review.borderline}
                disabled={disabled}
                aria-label={t('life.ed.borderline')}
                onChange={(on) => changeReview({ borderline: on ? { delta: 0.05, disagreement: true } : null })}
              />
            </Line>
            {review.borderline && (
              <>
                <Line label={t('life.ed.delta')} note={t('life.ed.delta_note')}>
                  <UnitInput
                    unit="share"
                    value={review.borderline.delta}
                    disabled={disabled}
                    label={t('life.ed.delta')}
                    onChange={(delta) => changeReview({ borderline: { ...review.borderline, delta } })}
                  />
                </Line>
                <Line label={t('life.ed.disagreement')}>
                  <Switch
                    checked={review.borderline.disagreement ?? false}
                    disabled={disabled}
                    aria-label={t('life.ed.disagreement')}
                    onChange={(disagreement) =>
                      changeReview({ borderline: { delta: review.borderline?.delta ?? 0.05, disagreement } })
                    }
                  />
                </Line>
              </>
            )}
          </Panel>
        </>
      )}
      {levels.map((level) => (
        <OneLevel
          key={level.id}
          level={level}
          rules={rules}
          faults={faults}
          disabled={disabled}
          withLife={life !== null}
          onChange={onChange}
        />
      ))}
    </>
  );
}

function OneLevel({ level, rules, faults, disabled, withLife, onChange }: Props & { level: Level; withLife: boolean }) {
  const { t } = useTranslation('tiers');
  const voice = useVoice();
  const label = said(level.name);
  const path = `levels.${rules.levels.findIndex((each) => each.id === level.id)}`;
  const set = (part: Partial<Level>, continues?: boolean) => onChange(setLevel(rules, level.id, part), continues);
  const own = level.keep != null;
  return (
    <Panel title={<LevelBadge name={label} rank={level.rank} colour={level.colour} />}>
      {withLife && (
        <>
          <Line label={t('life.ed.keep')} note={own ? undefined : sayRule(voice, rules, level.entry)}>
            <Radio.Group
              value={own ? 'own' : 'entry'}
              disabled={disabled}
              aria-label={t('life.ed.keep_of', { label })}
              onChange={(event) =>
                set({ keep: event.target.value === 'own' ? { need: 'all', ...(level.entry ?? {}) } : null })
              }
              options={[
                { value: 'entry', label: t('life.ed.keep_entry') },
                { value: 'own', label: t('life.ed.keep_own') },
              ]}
            />
          </Line>
          {level.keep && (
            <RuleEditor
              rules={rules}
              rule={level.keep}
              path={`${path}.keep`}
              faults={faults}
              label={t('life.ed.keep_of', { label })}
              disabled={disabled}
              onChange={(keep) => set({ keep }, true)}
            />
          )}
          {[faults.at(`${path}.keep`), faults.at(`${path}.approval`), faults.at(`${path}.benefit_cost`)]
            .filter((text) => text !== undefined)
            .map((text) => (
              <p className="fault" role="alert" key={text}>
                {text}
              </p>
            ))}
          <Line label={t('life.ed.approval')} note={t('life.ed.approval_note')}>
            <Switch
              checked={level.approval ?? false}
              disabled={disabled}
              aria-label={t('life.ed.approval_of', { label })}
              onChange={(approval) => set({ approval })}
            />
          </Line>
        </>
      )}
      <Line label={t('life.ed.cost')} note={t('life.ed.cost_note')}>
        <UnitInput
          unit="money"
          value={level.benefit_cost ?? null}
          disabled={disabled}
          label={t('life.ed.cost_of', { label })}
          onChange={(benefit_cost) => set({ benefit_cost }, true)}
        />
      </Line>
    </Panel>
  );
}

function Validity({
  life,
  disabled,
  onChange,
}: {
  life: Life;
  disabled: boolean;
  onChange: (part: Partial<Life>, continues?: boolean) => void;
}) {
  const { t } = useTranslation('tiers');
  const { validity } = life;
  const kind = kindOf(validity);
  return (
    <Line label={t('life.ed.held')}>
      <span className="life-inline">
        <Select
          value={kind}
          disabled={disabled}
          aria-label={t('life.ed.held')}
          popupMatchSelectWidth={false}
          options={VALIDITIES.map((value) => ({ value, label: t(`life.ed.held_${value}`) }))}
          onChange={(value) => onChange({ validity: validityOf(value) })}
        />
        {typeof validity === 'object' && 'months' in validity && (
          <Whole
            value={validity.months}
            min={1}
            max={120}
            label={t('life.ed.held_months')}
            unit={t('unit.months')}
            disabled={disabled}
            onChange={(months) => onChange({ validity: { months } }, true)}
          />
        )}
        {typeof validity === 'object' && 'calendar_date' in validity && (
          <>
            <Whole
              value={validity.calendar_date.month}
              min={1}
              max={12}
              label={t('life.ed.month')}
              unit={t('life.ed.month')}
              disabled={disabled}
              onChange={(month) =>
                onChange(
                  {
                    validity: {
                      calendar_date: { month, day: Math.min(validity.calendar_date.day, daysOf(month)) },
                    },
                  },
                  true,
                )
              }
            />
            <Whole
              value={validity.calendar_date.day}
              min={1}
              max={daysOf(validity.calendar_date.month)}
              label={t('life.ed.day')}
              unit={t('life.ed.day')}
              disabled={disabled}
              onChange={(day) =>
                onChange({ validity: { calendar_date: { month: validity.calendar_date.month, day } } }, true)
              }
            />
          </>
        )}
        {typeof validity === 'object' && 'end_of_next' in validity && (
          <Select
            value={validity.end_of_next}
            disabled={disabled}
            aria-label={t('life.ed.held_end_of_next')}
            options={CYCLES.map((value) => ({ value, label: t(`life.ed.period_${value}`) }))}
            onChange={(end_of_next) => onChange({ validity: { end_of_next } })}
          />
        )}
      </span>
    </Line>
  );
}

/** One setting: what it is, the control, and one quiet line about it. */
function Line({ label, note, children }: { label: string; note?: ReactNode; children: ReactNode }) {
  const id = useId();
  return (
    <div className="life-line">
      <span id={id} className="life-label">
        {label}
      </span>
      <div className="life-control">
        {children}
        {note && <p className="quiet">{note}</p>}
      </div>
    </div>
  );
}

function Whole({
  value,
  min = 0,
  max,
  label,
  unit,
  disabled,
  onChange,
}: {
  value: number;
  min?: number;
  max: number;
  label: string;
  unit: string;
  disabled: boolean;
  onChange: (value: number) => void;
}) {
  return (
    <InputNumber<number>
      value={value}
      min={min}
      max={max}
      precision={0}
      controls={false}
      disabled={disabled}
      aria-label={label}
      suffix={unit}
      onChange={(next) => next !== null && onChange(next)}
    />
  );
}
