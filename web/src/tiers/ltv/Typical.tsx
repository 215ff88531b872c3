import { Trans, useTranslation } from 'react-i18next';
import { share } from '../../kit/format';
import { Money } from '../../kit/texts';
import type { LtvReport } from './api';

/** The parameters in the words of a shopkeeper. */
export function Typical({ report }: { report: LtvReport }) {
  const { t } = useTranslation('tiers');
  const { typical } = report;
  const plain = report.method === 'average';
  return (
    <p className="ltv-typical">
      <Trans
        t={t}
        i18nKey={plain ? 'ltv.say_average' : 'ltv.say_model'}
        values={{
          times: typical.first_year_purchases.toFixed(1),
          leave: share(typical.leave_chance, 0),
        }}
        components={{ b: <strong />, money: <Money value={typical.order_value} digits={0} /> }}
      />
    </p>
  );
}
