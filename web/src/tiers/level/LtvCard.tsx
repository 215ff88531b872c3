import { useTranslation } from 'react-i18next';
import { said } from '../../i18n';
import { share } from '../../kit/format';
import { DayText, Money } from '../../kit/texts';
import { useCustomerLtv } from '../ltv/api';
import '../ltv/ltv.css';
import './level.css';

/** What this customer is expected to bring; nothing at all where values were never estimated. */
export function LtvCard({ customerId }: { customerId: string }) {
  const { t } = useTranslation('tiers');
  const ltv = useCustomerLtv(customerId);
  if (!ltv.data) return null;
  const { figures, horizon_days, discount, as_of, method } = ltv.data;
  if (!figures) return null;
  const weeks = Math.round((horizon_days ?? 0) / 7);
  return (
    <section className="explained level-history ltv-customer">
      <h3>{t('ltv.card_title')}</h3>
      <p>{said(ltv.data.sentence)}</p>
      <dl>
        <div>
          <dt>{t('ltv.value')}</dt>
          <dd>
            <Money value={figures.ltv} digits={0} />
          </dd>
        </div>
        <div>
          <dt>{t('ltv.expected_purchases')}</dt>
          <dd className="number">{figures.expected_purchases.toFixed(1)}</dd>
        </div>
        <div>
          <dt>{t('ltv.order_value')}</dt>
          <dd>
            <Money value={figures.expected_value} digits={0} />
          </dd>
        </div>
        <div>
          <dt>{t('ltv.p_alive')}</dt>
          <dd className="number">{share(figures.p_alive, 0)}</dd>
        </div>
      </dl>
      <p className="quiet">
        {t(method === 'average' ? 'ltv.card_note_average' : 'ltv.card_note', { weeks, rate: share(discount, 0) })}{' '}
        <DayText value={as_of} />
      </p>
    </section>
  );
}
