import { useTranslation } from 'react-i18next';
import { said } from '../../i18n';
import type { Difference } from '../versions';
import '../simulator/simulator.css';

/** What changes between two sets of rules, line by line. */
export function Differences({ items }: { items: readonly Difference[] }) {
  const { t } = useTranslation('tiers');
  if (items.length === 0) return <p className="quiet">{t('versions.same')}</p>;
  return (
    <ul className="differences">
      {items.map((each) => (
        <li key={`${each.part} ${each.text.zh}`} className={each.kind}>
          <span className="kind">{t(`versions.kind.${each.kind}`)}</span>
          {said(each.text)}
        </li>
      ))}
    </ul>
  );
}
