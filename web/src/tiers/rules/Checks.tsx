import { useQuery } from '@tanstack/react-query';
import { useDeferredValue } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { post } from '../../api/client';
import { said } from '../../i18n';
import type { Words } from '../api';
import { tiers } from '../links';
import type { Rules } from '../model/rules';
import '../simulator/simulator.css';

interface Check {
  severity: 'error' | 'warning';
  code: string;
  path: string;
  text: Words;
  suggestion?: Words;
}

const partOf = (path: string): string =>
  path.startsWith('levels') || path.startsWith('moves')
    ? 'levels'
    : path.startsWith('life')
      ? 'life'
      : path.startsWith('indicators')
        ? 'indicators'
        : path.startsWith('rfm')
          ? 'rfm'
          : path === 'score.dimensions'
            ? 'weights'
            : 'points';

/** What the rules get wrong or hardly mean, with what to do about it. */
export function Checks({ programme, rules }: { programme: string; rules: Rules }) {
  const { t } = useTranslation('tiers');
  const still = useDeferredValue(rules);
  const checks = useQuery({
    queryKey: ['tiering', 'checks', programme, still],
    queryFn: ({ signal }) =>
      post<{ faults: Check[] }>(`/tiering/programmes/${programme}/validate`, { rules: still }, { signal }),
    placeholderData: (before) => before,
    gcTime: 30_000,
    retry: false,
  });
  const faults = checks.data?.faults ?? [];
  if (faults.length === 0) return null;
  const errors = faults.filter((fault) => fault.severity === 'error').length;
  const heads = [
    errors > 0 && t('checks.errors', { n: errors }),
    faults.length > errors && t('checks.warnings', { n: faults.length - errors }),
  ].filter(Boolean);
  return (
    <details className="checks" open={errors > 0}>
      <summary>
        {t('checks.title')} · {heads.join(t('rule.comma'))}
      </summary>
      <ul>
        {faults.map((fault) => (
          <li key={`${fault.path} ${fault.code} ${fault.text.zh}`}>
            <span className={fault.severity}>{said(fault.text)}</span>{' '}
            {fault.suggestion && <span className="quiet">{said(fault.suggestion)}</span>}{' '}
            <Link to={`${tiers('rules')}?part=${partOf(fault.path)}`} preventScrollReset>
              {t('checks.go')}
            </Link>
          </li>
        ))}
      </ul>
    </details>
  );
}
