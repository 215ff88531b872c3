import { Trans, useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { count, share } from '../kit/format';
import { customersOf } from '../tiers/links';
import { type Pareto, verdict } from './model/pareto';

/** Is it 20/80? In one plain sentence. */
export function ParetoSentence({ pareto }: { pareto: Pareto }) {
  const { t } = useTranslation('today');
  return (
    <>
      <Trans
        t={t}
        i18nKey="pareto.sentence"
        values={{ share: share(pareto.top20_share), customers: count(pareto.top20_customers) }}
        components={{ strong: <strong />, rows: <Link to={customersOf({ sort: '-net_spend' })} /> }}
      />
      {t(`pareto.verdict.${verdict(pareto.top20_share)}`)}
    </>
  );
}
