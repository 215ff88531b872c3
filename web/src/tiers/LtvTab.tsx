import { Alert, Skeleton } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCan } from '../api/session';
import { said } from '../i18n';
import { Empty } from '../kit/Empty';
import { ErrorView } from '../kit/ErrorView';
import { count, share } from '../kit/format';
import { StatCard } from '../kit/StatCard';
import { DayText, InstantText, Money } from '../kit/texts';
import { useLtv } from './ltv/api';
import { Histogram, Tracking } from './ltv/FitPictures';
import { LtvTable } from './ltv/LtvTable';
import { Refit } from './ltv/Refit';
import { Typical } from './ltv/Typical';
import { Panel } from './parts/Panel';
import './ltv/ltv.css';

/** What customers are expected to bring: the typical one in words, how well the model fits, and the most valuable. */
export default function LtvTab() {
  const { t } = useTranslation('tiers');
  const ltv = useLtv();
  const may = useCan()('manage_tiering');
  const [details, setDetails] = useState(false);
  if (ltv.isPending) return <Skeleton active paragraph={{ rows: 8 }} />;
  if (ltv.isError) return <ErrorView error={ltv.error} onRetry={() => ltv.refetch()} />;
  const { fit, seen } = ltv.data;
  if (!fit) {
    return (
      <Empty
        title={t('ltv.empty')}
        note={may ? t('ltv.empty_note') : t('ltv.empty_note_reader')}
        action={may && <Refit first />}
      />
    );
  }
  const { report } = fit;
  const weeks = Math.round(report.horizon_days / 7);
  const plain = report.method === 'average';
  return (
    <div className="ltv">
      {fit.whole && report.warnings.length > 0 && (
        <Alert
          type="warning"
          showIcon
          title={t('ltv.warnings')}
          description={
            <ul className="ltv-warnings">
              {report.warnings.map((warning) => (
                <li key={warning.code}>{said(warning.text)}</li>
              ))}
            </ul>
          }
        />
      )}
      <Panel
        title={t('ltv.typical')}
        note={t('ltv.typical_note', { day: report.as_of })}
        extra={may && <Refit horizon={report.horizon} discount={report.discount} />}
      >
        <Typical report={report} />
        <div className="stats ltv-stats">
          <StatCard
            label={t('ltv.sum')}
            value={<Money value={seen.ltv} short />}
            note={t('ltv.sum_note', { weeks, rate: share(report.discount, 0) })}
          />
          <StatCard
            label={t('ltv.alive')}
            value={count(Math.round(seen.alive))}
            note={t('ltv.alive_note', { n: count(seen.customers) })}
          />
          <StatCard
            label={t('ltv.purchases')}
            value={count(Math.round(seen.expected_purchases))}
            note={t('ltv.purchases_note', { weeks })}
          />
          <StatCard
            label={t('ltv.holdout')}
            value={
              report.holdout && report.holdout.error !== null
                ? `${report.holdout.error > 0 ? '+' : ''}${share(report.holdout.error)}`
                : '–'
            }
            note={
              report.holdout
                ? t('ltv.holdout_note', {
                    expected: count(Math.round(report.holdout.expected)),
                    actual: count(report.holdout.actual),
                  })
                : t('ltv.holdout_none')
            }
          />
        </div>
        <p className="quiet ltv-how">
          {t(plain ? 'ltv.method_average' : 'ltv.method_model')} {t('ltv.made')} <InstantText value={fit.made_at} />
          {(report.bg_nbd || report.gamma_gamma) && (
            <button type="button" className="as-link" onClick={() => setDetails(!details)} aria-expanded={details}>
              {t(details ? 'ltv.less' : 'ltv.more')}
            </button>
          )}
        </p>
        {details && (
          <dl className="ltv-parameters">
            {report.bg_nbd && (
              <div>
                <dt>BG/NBD</dt>
                <dd className="number">
                  {`r ${report.bg_nbd.r.toFixed(3)} · α ${report.bg_nbd.alpha.toFixed(3)} · a ${report.bg_nbd.a.toFixed(3)} · b ${report.bg_nbd.b.toFixed(3)}`}
                </dd>
              </div>
            )}
            {report.gamma_gamma && (
              <div>
                <dt>Gamma-Gamma</dt>
                <dd className="number">
                  {`p ${report.gamma_gamma.p.toFixed(3)} · q ${report.gamma_gamma.q.toFixed(3)} · v ${report.gamma_gamma.v.toFixed(2)}`}
                </dd>
              </div>
            )}
            {report.holdout && (
              <div>
                <dt>{t('ltv.holdout')}</dt>
                <dd>
                  <DayText value={report.holdout.from} /> – <DayText value={report.holdout.to} />
                </dd>
              </div>
            )}
          </dl>
        )}
      </Panel>
      {report.histogram.length > 0 && (
        <div className="ltv-pictures">
          <Panel title={t('ltv.histogram')} note={t('ltv.histogram_note')} className="with-chart">
            <Histogram bars={report.histogram} />
          </Panel>
          <Panel title={t('ltv.tracking')} note={t('ltv.tracking_note')} className="with-chart">
            <Tracking points={report.tracking} />
          </Panel>
        </div>
      )}
      <Panel title={t('ltv.list')} note={t('ltv.list_note', { weeks })}>
        <LtvTable />
      </Panel>
    </div>
  );
}
