import { useTranslation } from 'react-i18next';
import { said } from '../../i18n';
import { LevelBadge } from '../../kit/level';
import type { Rules } from '../model/rules';
import { sayRule, saySource, sayTest, sayValue, sayWindow } from '../model/say';
import { useVoice } from '../useVoice';

/** A version in words, to be read and not edited. */
export function RulesText({ rules }: { rules: Rules }) {
  const { t } = useTranslation('tiers');
  const voice = useVoice();
  return (
    <div className="rules-text">
      <h3>{t('rules.part.levels')}</h3>
      <ol className="ladder">
        {[...rules.levels]
          .sort((a, b) => b.rank - a.rank)
          .map((level) => (
            <li key={level.id}>
              <LevelBadge name={said(level.name)} rank={level.rank} colour={level.colour} />
              <p>{sayRule(voice, rules, level.entry)}</p>
              {(level.guards?.length ?? 0) > 0 && (
                <p className="guards">
                  <strong>{t('overview.guards')}</strong>
                  {level.guards?.map((test) => sayTest(voice, rules, test)).join(t('rule.comma'))}
                </p>
              )}
              {level.keep && (
                <p className="guards">
                  <strong>{t('versions.keep')}</strong>
                  {sayRule(voice, rules, level.keep)}
                </p>
              )}
              {level.benefit_cost != null && (
                <p className="guards">
                  <strong>{t('rules.benefit_cost')}</strong>
                  {sayValue(voice, 'money', level.benefit_cost)}
                </p>
              )}
            </li>
          ))}
      </ol>
      <h3>{t('rules.part.weights')}</h3>
      <dl>
        {rules.score.dimensions.map((dimension) => (
          <div key={dimension.id}>
            <dt>
              {said(dimension.name)}
              <small className="quiet">
                {dimension.indicators
                  .map((part) => {
                    const known = rules.indicators.find((each) => each.id === part.indicator);
                    return `${known ? said(known.name) : part.indicator} ${part.weight}%`;
                  })
                  .join(t('rule.comma'))}
              </small>
            </dt>
            <dd className="number">{dimension.weight}%</dd>
          </div>
        ))}
      </dl>
      <h3>{t('rules.part.indicators')}</h3>
      <ul className="indicator-lines">
        {rules.indicators.map((indicator) => (
          <li key={indicator.id}>
            {said(indicator.name)} <small className="quiet">{saySource(voice, indicator)}</small>
          </li>
        ))}
      </ul>
      <h3>RFM</h3>
      <p>{rules.rfm ? sayWindow(voice, rules.rfm.window) : '–'}</p>
    </div>
  );
}
