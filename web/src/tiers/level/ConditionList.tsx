import { CheckCircleFilled, CloseCircleOutlined } from '@ant-design/icons';
import { useTranslation } from 'react-i18next';
import { said } from '../../i18n';
import type { ConditionRow } from '../explain';

/** Conditions with what holds and what does not: an icon and a word, never colour alone. */
export function ConditionList({ rows }: { rows: ConditionRow[] }) {
  const { t } = useTranslation('tiers');
  return (
    <ul className="conditions">
      {rows.map((row) => (
        <li key={`${row.fact} ${row.is} ${row.threshold}`} className={row.met ? 'met' : 'unmet'}>
          {row.met ? <CheckCircleFilled aria-hidden /> : <CloseCircleOutlined aria-hidden />}
          <span>{said(row.text)}</span>
          <em>{t(row.met ? 'explain.met' : 'explain.unmet')}</em>
        </li>
      ))}
    </ul>
  );
}
