import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { said } from '../../i18n';
import type { Explanation } from '../explain';
import { customersOf } from '../links';
import { sayValue } from '../model/say';
import { useVoice } from '../useVoice';

/** Three grades with the values behind them, and the group that they make. */
export function RfmLine({ rfm }: { rfm: Explanation['rfm'] }) {
  const { t } = useTranslation('tiers');
  const voice = useVoice();
  if (rfm.r === 0) return <p className="quiet">{t('explain.no_rfm', { window: said(rfm.window) })}</p>;
  const grades = [
    {
      axis: 'r',
      grade: rfm.r,
      text: rfm.days === null ? '' : t('explain.rfm_r', { n: sayValue(voice, 'days', rfm.days) }),
    },
    { axis: 'f', grade: rfm.f, text: t('explain.rfm_f', { n: sayValue(voice, 'count', rfm.orders) }) },
    { axis: 'm', grade: rfm.m, text: t('explain.rfm_m', { n: sayValue(voice, 'money', rfm.spend) }) },
  ] as const;
  return (
    <div className="rfm-line">
      {rfm.name && rfm.group && <Link to={customersOf({ value_class: rfm.group })}>{said(rfm.name)}</Link>}
      <ul>
        {grades.map(({ axis, grade, text }) => (
          <li key={axis}>
            <strong>
              {axis.toUpperCase()} {grade}
            </strong>
            <span>{text}</span>
          </li>
        ))}
      </ul>
      <span className="quiet">{said(rfm.window)}</span>
    </div>
  );
}
