import { useQuery } from '@tanstack/react-query';
import { Skeleton } from 'antd';
import { useTranslation } from 'react-i18next';
import { get } from '../../api/client';
import { said } from '../../i18n';
import { ErrorView } from '../../kit/ErrorView';
import { count, share } from '../../kit/format';
import type { Words } from '../api';
import { Panel } from './Panel';
import '../simulator/simulator.css';

interface Tested {
  named: number;
  rose: number;
  share: number | null;
  expected_share: number | null;
  lift: number | null;
  warnings: Words[];
  sentence: Words;
}

/** Whether those who were named a quarter ago have risen since, beside chance. */
export function BackTest({ programme }: { programme: string | undefined }) {
  const { t } = useTranslation('tiers');
  const test = useQuery({
    queryKey: ['tiering', 'backtest', programme ?? null],
    queryFn: ({ signal }) => get<Tested>('/tiering/potentials/backtest', { programme }, signal),
    staleTime: 300_000,
    retry: false,
  });
  return (
    <Panel title={t('backtest.title')} note={t('backtest.note')}>
      {test.isPending && <Skeleton active paragraph={{ rows: 3 }} />}
      {test.isError && <ErrorView error={test.error} onRetry={() => test.refetch()} />}
      {test.data && (
        <>
          {test.data.named > 0 && (
            <dl className="backtest-figures">
              <div>
                <dt>{t('backtest.named')}</dt>
                <dd className="number">{count(test.data.named)}</dd>
              </div>
              <div>
                <dt>{t('backtest.rose')}</dt>
                <dd className="number">
                  {count(test.data.rose)} <small>{share(test.data.share)}</small>
                </dd>
              </div>
              <div>
                <dt>{t('backtest.chance')}</dt>
                <dd className="number">{share(test.data.expected_share)}</dd>
              </div>
            </dl>
          )}
          <p>
            {said(test.data.sentence)}
            {test.data.lift !== null && ` ${t('backtest.lift', { n: test.data.lift.toFixed(1) })}`}
          </p>
          {test.data.warnings.map((warning) => (
            <p key={warning.zh} className="sim-held">
              {said(warning)}
            </p>
          ))}
        </>
      )}
    </Panel>
  );
}
