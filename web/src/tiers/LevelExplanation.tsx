import { Skeleton } from 'antd';
import { useTranslation } from 'react-i18next';
import { said } from '../i18n';
import { ErrorView } from '../kit/ErrorView';
import { LevelBadge } from '../kit/level';
import { DayText } from '../kit/texts';
import { type Explanation, useExplanation } from './explain';
import { ConditionList } from './level/ConditionList';
import { DimensionTable } from './level/DimensionTable';
import { LevelHistory } from './level/LevelHistory';
import { LtvCard } from './level/LtvCard';
import { NextLevel } from './level/NextLevel';
import { RfmLine } from './level/RfmLine';
import { ScoreRadar } from './level/ScoreRadar';
import { CustomerLife } from './life/CustomerLife';
import { OnDay } from './life/OnDay';
import { WhatIf } from './life/WhatIf';
import { CustomerProgrammes } from './programmes/CustomerProgrammes';
import './level/level.css';

/** Why this customer has this level: one sentence, the breakdown behind it, and the way to the next level. */
export default function LevelExplanation({ customerId }: { customerId: string }) {
  const explanation = useExplanation(customerId);
  if (explanation.isPending) return <Skeleton active paragraph={{ rows: 8 }} />;
  if (explanation.isError) return <ErrorView error={explanation.error} onRetry={() => explanation.refetch()} />;
  return (
    <>
      <Explained customerId={customerId} explanation={explanation.data} />
      <CustomerProgrammes customerId={customerId} />
      <LtvCard customerId={customerId} />
      <WhatIf customerId={customerId} />
      <OnDay customerId={customerId} />
      <LevelHistory customerId={customerId} />
    </>
  );
}

function Explained({ customerId, explanation }: { customerId: string; explanation: Explanation }) {
  const { t } = useTranslation('tiers');
  const entry = explanation.conditions.filter((row) => !row.guard);
  const guards = explanation.conditions.filter((row) => row.guard);
  const parts = explanation.dimensions.filter((row) => row.effective_weight > 0);
  return (
    <div className="explained">
      <header className="explained-head">
        <div className="explained-level">
          <LevelBadge
            name={explanation.level ? said(explanation.level.name) : null}
            rank={explanation.level?.rank}
            colour={explanation.level?.colour}
          />
          {explanation.since && (
            <span className="quiet">
              {t('explain.since')} <DayText value={explanation.since} />
            </span>
          )}
        </div>
        <p className="explained-sentence">{said(explanation.sentence)}</p>
        <p className="quiet">
          {t('explain.as_of')} <DayText value={explanation.as_of} />
        </p>
      </header>

      <CustomerLife customerId={customerId} explanation={explanation} />

      {explanation.next && <NextLevel next={explanation.next} />}

      <section>
        <h3>{t('explain.conditions')}</h3>
        {entry.length > 0 ? (
          <ConditionList rows={entry} />
        ) : (
          <p className="quiet">{t(explanation.level ? 'explain.no_conditions' : 'explain.no_level')}</p>
        )}
        {guards.length > 0 && (
          <>
            <h4>{t('explain.guards')}</h4>
            <ConditionList rows={guards} />
          </>
        )}
      </section>

      <section>
        <h3>
          {t('explain.score')} <strong className="number">{explanation.score.toFixed(1)}</strong>
          <span className="quiet"> / 100</span>
        </h3>
        <div className={parts.length >= 3 ? 'explained-score with-radar' : 'explained-score'}>
          {parts.length >= 3 && <ScoreRadar dimensions={parts} />}
          <DimensionTable dimensions={explanation.dimensions} />
        </div>
      </section>

      {explanation.loyalty !== null && explanation.loyalty !== undefined && (
        <section>
          <h3>
            {t('explain.loyalty')} <strong className="number">{explanation.loyalty.toFixed(1)}</strong>
            <span className="quiet"> / 100</span>
          </h3>
          <DimensionTable dimensions={explanation.loyalty_dimensions} />
        </section>
      )}

      <section>
        <h3>RFM</h3>
        <RfmLine rfm={explanation.rfm} />
      </section>
    </div>
  );
}
