import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Select, Tooltip } from 'antd';
import { useTranslation } from 'react-i18next';
import { useSegments, useTags } from '../../customers/api';
import { useFields } from '../../fields/api';
import { said } from '../../i18n';
import { aggregatesFor, type Indicator, MEASURES, type MeasureSource, ownKind, withMeasure } from '../model/indicators';
import { addIndicator, removeIndicator, setIndicator, usesOf } from '../model/rules';
import { Panel } from '../parts/Panel';
import type { PartProps } from './Editor';
import { NameInput } from './NameInput';
import { WindowInput } from './WindowInput';

/** What each indicator counts: a measure, the way of counting, and the window. */
export function IndicatorsEditor({ rules, faults, disabled, onChange }: PartProps) {
  const { t } = useTranslation('tiers');
  const own = faults.at('indicators');
  return (
    <Panel title={t('rules.part.indicators')} note={t('rules.indicators_note')}>
      {own && (
        <p className="fault" role="alert">
          {own}
        </p>
      )}
      <ul className="indicators">
        {rules.indicators.map((indicator, index) => {
          const uses = usesOf(rules, indicator.id);
          const used = [...uses.dimensions, ...uses.levels].map(said);
          const label = said(indicator.name);
          const texts = faults
            .within(`indicators.${index}`)
            .filter((text) => text !== faults.at(`indicators.${index}.name`));
          return (
            <li key={indicator.id}>
              <NameInput
                name={indicator.name}
                label={t('explain.indicator')}
                fault={faults.at(`indicators.${index}.name`)}
                disabled={disabled}
                onChange={(name) => onChange(setIndicator(rules, indicator.id, { name }), true)}
              />
              <SourceInput
                indicator={indicator}
                label={label}
                disabled={disabled}
                onChange={(source) => onChange(setIndicator(rules, indicator.id, { source }))}
              />
              <Tooltip title={used.length ? t('rules.used_by', { names: used.join(t('rule.comma')) }) : undefined}>
                <Button
                  type="text"
                  icon={<DeleteOutlined />}
                  disabled={disabled || used.length > 0}
                  aria-label={t('rules.remove_indicator', { label })}
                  onClick={() => onChange(removeIndicator(rules, indicator.id))}
                />
              </Tooltip>
              {texts.map((text) => (
                <p className="fault" role="alert" key={text}>
                  {text}
                </p>
              ))}
            </li>
          );
        })}
      </ul>
      <Button
        type="link"
        icon={<PlusOutlined />}
        disabled={disabled || rules.indicators.length >= 60}
        onClick={() =>
          onChange(addIndicator(rules, { zh: t('rules.new_indicator', { lng: 'zh-CN' }), en: 'New indicator' }))
        }
      >
        {t('rules.add_indicator')}
      </Button>
    </Panel>
  );
}

interface SourceProps {
  indicator: Indicator;
  label: string;
  disabled: boolean;
  onChange: (source: Indicator['source']) => void;
}

const FRESH: MeasureSource = { of: 'net_spend', aggregate: 'sum', window: { days: 365 } };

/** Own fields that are numbers, tags and segments, to choose from. */
function useOwnSources() {
  const { t } = useTranslation('tiers');
  const fields = useFields().data ?? [];
  const tags = useTags().data ?? [];
  const segments = useSegments().data ?? [];
  const numbers = fields.filter((field) => field.kind !== 'text' && field.kind !== 'person');
  const groups = [
    {
      label: t('source.field'),
      options: numbers.map((field) => ({ value: `field.${field.key}`, label: said(field.label) })),
    },
    { label: t('source.tag'), options: tags.map((tag) => ({ value: `tag.${tag.id}`, label: tag.name })) },
    {
      label: t('source.segment'),
      options: segments.map((segment) => ({ value: `segment.${segment.id}`, label: segment.name })),
    },
  ];
  return groups.filter((group) => group.options.length > 0);
}

function SourceInput({ indicator, label, disabled, onChange }: SourceProps) {
  const { t } = useTranslation('tiers');
  const { source } = indicator;
  const options = [
    {
      label: t('source.measures'),
      options: MEASURES.map((of) => ({ value: `measure.${of}`, label: t(`measure.${of}`) })),
    },
    ...useOwnSources(),
  ];
  const choose = (value: string) => {
    const of = MEASURES.find((measure) => value === `measure.${measure}`);
    const before = 'measure' in source ? source.measure : FRESH;
    onChange(of ? { measure: withMeasure(before, of) } : { attribute: value });
  };
  if ('attribute' in source) {
    const known = options.some((group) => group.options.some((option) => option.value === source.attribute));
    return (
      <div className="source">
        <Select
          showSearch
          optionFilterProp="label"
          value={known ? source.attribute : undefined}
          placeholder={t(`source.${ownKind(source.attribute) ?? 'attribute'}`)}
          disabled={disabled}
          aria-label={t('rules.measure_of', { label })}
          options={options}
          popupMatchSelectWidth={false}
          onChange={choose}
        />
      </div>
    );
  }
  if ('profile' in source) return <p className="quiet source">{t('source.joined_years')}</p>;
  const { measure } = source;
  return (
    <div className="source">
      <Select
        showSearch
        optionFilterProp="label"
        value={`measure.${measure.of}`}
        disabled={disabled}
        aria-label={t('rules.measure_of', { label })}
        options={options}
        popupMatchSelectWidth={false}
        onChange={choose}
      />
      <Select
        value={measure.aggregate}
        disabled={disabled}
        aria-label={t('rules.aggregate_of', { label })}
        options={aggregatesFor(measure.of).map((aggregate) => ({
          value: aggregate,
          label: t(`aggregate.${aggregate}`),
        }))}
        onChange={(aggregate) => onChange({ measure: { ...measure, aggregate } })}
      />
      <WindowInput
        window={measure.window}
        label={label}
        disabled={disabled}
        onChange={(window) => onChange({ measure: { ...measure, window } })}
      />
    </div>
  );
}
