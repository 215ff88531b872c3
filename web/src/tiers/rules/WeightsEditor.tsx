import { useTranslation } from 'react-i18next';
import { said } from '../../i18n';
import { isSilent, setWeights } from '../model/rules';
import { Panel } from '../parts/Panel';
import type { PartProps } from './Editor';
import { Weights } from './Weights';

/** The weights of the dimensions: composite score, and loyalty where there is one. */
export function WeightsEditor({ rules, faults, disabled, onChange }: PartProps) {
  const { t } = useTranslation('tiers');
  return (
    <>
      {(['score', 'loyalty'] as const).map((which) => {
        const dimensions = rules[which]?.dimensions ?? [];
        if (dimensions.length === 0) return null;
        return (
          <Panel key={which} title={t(`fact.${which}`)} note={t('rules.weights_note')}>
            <Weights
              disabled={disabled}
              weights={dimensions.map((each) => ({
                id: each.id,
                name: said(each.name),
                weight: each.weight,
                silent: isSilent(rules, each),
              }))}
              onChange={(weights, continues) => onChange(setWeights(rules, which, weights), continues)}
            />
            {faults.at(`${which}.dimensions`) && (
              <p className="fault" role="alert">
                {faults.at(`${which}.dimensions`)}
              </p>
            )}
          </Panel>
        );
      })}
    </>
  );
}
