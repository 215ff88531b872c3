import { ClockCircleOutlined } from '@ant-design/icons';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { said } from '../../i18n';
import { LevelBadge } from '../../kit/level';
import { DayText, Money } from '../../kit/texts';
import { customer } from '../links';
import { Bar } from '../parts/Bar';
import type { Held } from './api';
import { reached, urgency } from './model';
import { useFaces } from './useFaces';

/** Days left: the number, and a word for how urgent it is. */
export function Countdown({ days }: { days: number }) {
  const { t } = useTranslation('tiers');
  const how = urgency(days);
  return (
    <span className={`countdown ${how}`}>
      <ClockCircleOutlined aria-hidden />
      {days < 0 ? t('life.over') : days === 0 ? t('life.last_day') : t('life.days_left', { n: days, count: days })}
    </span>
  );
}

/** Whose level ends, until when, what is missing, the cheapest way to stay, and where it falls to otherwise. */
export function HeldList({ items }: { items: Held[] }) {
  const { t } = useTranslation('tiers');
  const { faceOf } = useFaces();
  return (
    <ul className="tier-lines held">
      {items.map((row) => {
        const falls = row.falls_to;
        return (
          <li key={row.customer_id}>
            <div className="line-head">
              <Link to={`${customer(row.customer_id)}?tab=level`} className="who">
                {row.customer_name}
              </Link>
              <LevelBadge {...faceOf(row.level_id)} rank={row.level_rank} />
              <span className="quiet">
                <Money value={row.net_spend} short />
              </span>
              <span className="when">
                <Countdown days={row.days_left} />
                <span className="held-until">
                  {t('life.until')} <DayText value={row.observe_until ?? row.keep_until} />
                </span>
              </span>
            </div>
            {row.missing.length > 0 && (
              <ul className="held-missing">
                {row.missing.map((gap) => (
                  <li key={`${gap.fact} ${gap.threshold}`}>
                    <Bar share={reached(gap.value, gap.threshold)} tone="gold" />
                    <span>{said(gap.text)}</span>
                  </li>
                ))}
              </ul>
            )}
            <p className="cheapest-line">
              {row.cheapest && (
                <>
                  <strong>{t('life.stay')}</strong>
                  {said(row.cheapest.text)}
                </>
              )}
              {falls && (
                <span className="held-falls">
                  {t('life.else_falls')} <LevelBadge name={said(falls.name)} rank={falls.rank} colour={falls.colour} />
                </span>
              )}
            </p>
          </li>
        );
      })}
    </ul>
  );
}
