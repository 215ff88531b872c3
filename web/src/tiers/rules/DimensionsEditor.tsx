import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Collapse, InputNumber, Popconfirm, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { said } from '../../i18n';
import { share } from '../../kit/format';
import type { Dimension, Part } from '../model/indicators';
import { addDimension, addPart, removeDimension, removePart, setDimension, setPart, unitOfFact } from '../model/rules';
import { saySource } from '../model/say';
import { useVoice } from '../useVoice';
import { BandsEditor } from './BandsEditor';
import type { PartProps } from './Editor';
import { NameInput } from './NameInput';

type Which = 'score' | 'loyalty';

/** Which indicators make up a dimension, and how their values become points. */
export function DimensionsEditor(props: PartProps) {
  const { t } = useTranslation('tiers');
  const { rules, disabled, onChange } = props;
  return (
    <>
      {(['score', 'loyalty'] as const).map((which) => (
        <section key={which} className="dimension-list">
          <h2>{t(`fact.${which}`)}</h2>
          {which === 'loyalty' && !rules.loyalty?.dimensions.length && <p className="quiet">{t('rules.no_loyalty')}</p>}
          <Collapse
            items={(rules[which]?.dimensions ?? []).map((dimension, index) => ({
              key: dimension.id,
              label: (
                <span className="dimension-label">
                  {said(dimension.name)}
                  <span className="quiet">{t('rules.weight_is', { n: dimension.weight })}</span>
                </span>
              ),
              children: <OneDimension {...props} which={which} dimension={dimension} index={index} />,
            }))}
          />
          <Button
            type="link"
            icon={<PlusOutlined />}
            disabled={disabled || (rules[which]?.dimensions.length ?? 0) >= 12}
            onClick={() =>
              onChange(
                addDimension(rules, which, { zh: t('rules.new_dimension', { lng: 'zh-CN' }), en: 'New dimension' }),
              )
            }
          >
            {t('rules.add_dimension')}
          </Button>
        </section>
      ))}
    </>
  );
}

interface OneProps extends PartProps {
  which: Which;
  dimension: Dimension;
  index: number;
}

function OneDimension({ rules, faults, disabled, onChange, which, dimension, index }: OneProps) {
  const { t } = useTranslation('tiers');
  const path = `${which}.dimensions.${index}`;
  const unused = rules.indicators.filter((each) => !dimension.indicators.some((part) => part.indicator === each.id));
  const own = faults.at(`${path}.indicators`);
  return (
    <div className="dimension-body">
      <div className="dimension-top">
        <NameInput
          name={dimension.name}
          label={t('explain.dimension')}
          fault={faults.at(`${path}.name`)}
          disabled={disabled}
          onChange={(name) => onChange(setDimension(rules, which, dimension.id, { name }), true)}
        />
        <Popconfirm
          title={t('rules.remove_dimension_question')}
          onConfirm={() => onChange(removeDimension(rules, which, dimension.id))}
        >
          <Button type="text" icon={<DeleteOutlined />} disabled={disabled}>
            {t('rules.remove_dimension')}
          </Button>
        </Popconfirm>
      </div>
      {dimension.indicators.map((part, at) => (
        <OnePart
          key={part.indicator}
          {...{ rules, faults, disabled, onChange, which, dimension, part }}
          path={`${path}.indicators.${at}`}
        />
      ))}
      {own && (
        <p className="fault" role="alert">
          {own}
        </p>
      )}
      <Select
        className="add-part"
        value={null}
        disabled={disabled || unused.length === 0}
        placeholder={t('rules.add_part')}
        aria-label={t('rules.add_part')}
        options={unused.map((each) => ({ value: each.id, label: said(each.name) }))}
        onChange={(indicator: string | null) => indicator && onChange(addPart(rules, which, dimension.id, indicator))}
      />
    </div>
  );
}

interface OnePartProps extends PartProps {
  which: Which;
  dimension: Dimension;
  part: Part;
  path: string;
}

function OnePart({ rules, faults, disabled, onChange, which, dimension, part, path }: OnePartProps) {
  const { t } = useTranslation('tiers');
  const voice = useVoice();
  const indicator = rules.indicators.find((each) => each.id === part.indicator);
  const name = indicator ? said(indicator.name) : part.indicator;
  const all = dimension.indicators.reduce((sum, each) => sum + each.weight, 0);
  const set = (change: Partial<Part>, continues = false) =>
    onChange(setPart(rules, which, dimension.id, part.indicator, change), continues);
  const wrong = faults.at(`${path}.indicator`) ?? faults.at(`${path}.weight`);
  return (
    <section className="part" aria-label={name}>
      <header>
        <div>
          <h3>{name}</h3>
          {indicator && <p className="quiet">{saySource(voice, indicator)}</p>}
        </div>
        <div className="part-weight">
          <InputNumber
            min={0}
            max={100}
            value={part.weight}
            disabled={disabled}
            controls={false}
            prefix={t('explain.weight')}
            aria-label={t('rules.weight_of', { name })}
            onChange={(weight) => weight !== null && set({ weight })}
          />
          <span className="quiet number">{share(all > 0 ? part.weight / all : 0, 0)}</span>
          <Button
            type="text"
            icon={<DeleteOutlined />}
            disabled={disabled}
            aria-label={t('rules.remove_part', { name })}
            onClick={() => onChange(removePart(rules, which, dimension.id, part.indicator))}
          />
        </div>
      </header>
      {wrong && (
        <p className="fault" role="alert">
          {wrong}
        </p>
      )}
      <BandsEditor
        bands={part.bands}
        unit={unitOfFact(rules, part.indicator)}
        name={name}
        path={`${path}.bands`}
        faults={faults}
        disabled={disabled}
        onChange={(bands) => set({ bands }, true)}
      />
    </section>
  );
}
