import { Alert, Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { said } from '../../i18n';
import type { Clash, Json } from '../model/merge';
import type { Rules } from '../model/rules';

interface Props {
  rules: Rules;
  clashes: Clash[];
  onResolve: (clash: Clash, keep: 'mine' | 'theirs') => void;
}

/** What two people have changed differently: one question each, nothing lost until it's answered. */
export function Clashes({ rules, clashes, onResolve }: Props) {
  const { t } = useTranslation('tiers');
  if (clashes.length === 0) return null;
  return (
    <Alert
      type="warning"
      showIcon
      className="clashes"
      title={t('clash.title', { n: clashes.length })}
      description={
        <ul>
          {clashes.map((clash) => (
            <li key={clash.path.join('.')}>
              <span>{placeName(rules, clash.path)}</span>
              <Button size="small" onClick={() => onResolve(clash, 'mine')}>
                {t('clash.mine', { value: short(clash.mine) })}
              </Button>
              <Button size="small" onClick={() => onResolve(clash, 'theirs')}>
                {t('clash.theirs', { value: short(clash.theirs) })}
              </Button>
            </li>
          ))}
        </ul>
      }
    />
  );
}

/** The names of what stands along the path: `金卡 · entry · tests`. */
function placeName(rules: Rules, path: (string | number)[]): string {
  const named = new Map<string, string>([
    ...rules.levels.map((level) => [level.id, said(level.name)] as const),
    ...rules.score.dimensions.map((each) => [each.id, said(each.name)] as const),
    ...rules.indicators.map((each) => [each.id, said(each.name)] as const),
  ]);
  const names = path.map((key) => named.get(String(key))).filter((name) => name !== undefined);
  return names.length ? names.join(' · ') : path.join(' · ');
}

function short(value: Json | undefined): string {
  if (value === undefined || value === null) return '–';
  if (typeof value !== 'object') return String(value);
  const text = JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
