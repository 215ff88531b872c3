import { useQuery } from '@tanstack/react-query';
import { Skeleton } from 'antd';
import { type ReactNode, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { post } from '../../api/client';
import { said } from '../../i18n';
import { Chart } from '../../kit/Chart';
import { ErrorView } from '../../kit/ErrorView';
import { count } from '../../kit/format';
import { LevelBadge } from '../../kit/level';
import { Money } from '../../kit/texts';
import type { Simulated, SimulatedLevel } from '../api';
import { customer } from '../links';
import type { Rules } from '../model/rules';
import { sankey } from '../model/sankey';
import './simulator.css';

interface Props {
  programme: string;
  rules: Rules;
  result: Simulated;
}

/** Everything behind a trial: the flows, what benefits cost, what managers carry, and who moves. */
export function Simulator({ programme, rules, result }: Props) {
  const { t } = useTranslation('tiers');
  return (
    <div className="simulator">
      <p className="quiet">
        {t('sim.as_of', { day: result.as_of, n: count(result.customers) })}
        {result.part && ` ${t('sim.part')}`}
      </p>
      {result.held && <p className="sim-held">{t('sim.held')}</p>}
      <Flows result={result} />
      <Cost result={result} />
      <Load programme={programme} rules={rules} result={result} />
      <Movers programme={programme} rules={rules} />
    </div>
  );
}

const levelOf = (levels: SimulatedLevel[], rank: number) => levels.find((level) => level.rank === rank);

function Face({ level }: { level: SimulatedLevel | undefined }): ReactNode {
  const { t } = useTranslation('tiers');
  if (!level || level.rank === 0) return <span className="quiet">{t('base.none')}</span>;
  return <LevelBadge name={said(level.name)} rank={level.rank} colour={level.colour} />;
}

function Flows({ result }: { result: Simulated }) {
  const { t } = useTranslation('tiers');
  const option = useMemo(
    () => sankey(result, { before: t('sim.before'), after: t('sim.after'), none: t('base.none'), said }),
    [result, t],
  );
  const rows = [...result.flows]
    .sort((a, b) => Number(a.direction === 'stay') - Number(b.direction === 'stay') || b.customers - a.customers)
    .map((flow) => [
      <Face key="from" level={levelOf(result.before, flow.from)} />,
      <Face key="to" level={levelOf(result.levels, flow.to)} />,
      <span key="way" className={`way ${flow.direction}`}>
        {t(`sim.${flow.direction}`)}
      </span>,
      count(flow.customers),
      <Money key="revenue" value={flow.revenue} short />,
    ]);
  const height = Math.max(220, 46 * Math.max(result.before.length, result.levels.length));
  return (
    <section>
      <h3>{t('sim.flow')}</h3>
      <Chart
        title={t('sim.flow')}
        option={option}
        height={height}
        table={{ head: [t('sim.from'), t('sim.to'), '', t('sim.customers'), t('sim.revenue')], rows }}
      />
      <p className="quiet">{t('sim.flow_note')}</p>
    </section>
  );
}

function Cost({ result }: { result: Simulated }) {
  const { t } = useTranslation('tiers');
  const { before, after, without } = result.cost;
  const none = without.length === result.levels.filter((level) => level.rank > 0).length;
  return (
    <section>
      <h3>{t('sim.cost')}</h3>
      {none ? (
        <p className="quiet">{t('sim.cost_none')}</p>
      ) : (
        <>
          <p className="sim-cost">
            <Money value={before} /> <span aria-hidden>→</span>
            <strong>
              <Money value={after} />
            </strong>
          </p>
          {without.length > 0 && (
            <p className="quiet">{t('sim.cost_without', { names: without.map(said).join(t('rule.comma')) })}</p>
          )}
        </>
      )}
    </section>
  );
}

interface Manager {
  staff_id: string;
  name: string;
  customers: number;
  before: number[];
  after: number[];
}

function Load({ programme, rules, result }: Props) {
  const { t } = useTranslation('tiers');
  const load = useQuery({
    queryKey: ['tiering', 'simulated-load', programme, rules],
    queryFn: ({ signal }) =>
      post<{ items: Manager[] }>(`/tiering/programmes/${programme}/simulate/load`, { rules }, { signal }),
    gcTime: 60_000,
  });
  const shown = [...result.levels].filter((level) => level.rank > 1).sort((a, b) => b.rank - a.rank);
  // What was at this level is at the rank that it has on record.
  const recorded = (level: SimulatedLevel) =>
    result.before.find((each) => each.level_id !== null && each.level_id === level.level_id)?.rank;
  return (
    <section>
      <h3>{t('sim.load')}</h3>
      {load.isPending && <Skeleton active paragraph={{ rows: 3 }} />}
      {load.isError && <ErrorView error={load.error} onRetry={() => load.refetch()} />}
      {load.data?.items.length === 0 && <p className="quiet">{t('sim.load_none')}</p>}
      {load.data && load.data.items.length > 0 && (
        <div className="sim-scroll">
          <table className="effect-table">
            <thead>
              <tr>
                <th scope="col">{t('sim.manager')}</th>
                {shown.map((level) => (
                  <th key={level.rank} scope="col" className="right">
                    {said(level.name)}
                  </th>
                ))}
                <th scope="col" className="right">
                  {t('sim.customers')}
                </th>
              </tr>
            </thead>
            <tbody>
              {load.data.items.slice(0, 50).map((row) => (
                <tr key={row.staff_id}>
                  <th scope="row">{row.name}</th>
                  {shown.map((level) => {
                    const rank = recorded(level);
                    const was = rank === undefined ? 0 : (row.before[rank] ?? 0);
                    const now = row.after[level.rank] ?? 0;
                    return (
                      <td key={level.rank} className="right number">
                        {was === now ? (
                          count(now)
                        ) : (
                          <>
                            <span className="quiet">{count(was)} → </span>
                            <strong>{count(now)}</strong>
                          </>
                        )}
                      </td>
                    );
                  })}
                  <td className="right number">{count(row.customers)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

interface Mover {
  customer_id: string;
  customer_name: string;
  from: { name: { zh: string; en: string }; rank: number; colour: string } | null;
  to: { name: { zh: string; en: string }; rank: number; colour: string } | null;
  direction: 'up' | 'down';
  revenue: string;
  reason: { zh: string; en: string };
}

function Movers({ programme, rules }: { programme: string; rules: Rules }) {
  const { t } = useTranslation('tiers');
  const [limit, setLimit] = useState(10);
  const movers = useQuery({
    queryKey: ['tiering', 'simulated-movers', programme, rules, limit],
    queryFn: ({ signal }) =>
      post<{ items: Mover[]; next: number | null }>(
        `/tiering/programmes/${programme}/simulate/movers`,
        { rules, limit },
        { signal },
      ),
    placeholderData: (before) => before,
    gcTime: 60_000,
  });
  return (
    <section>
      <h3>{t('sim.movers')}</h3>
      <p className="quiet">{t('sim.movers_note')}</p>
      {movers.isPending && <Skeleton active paragraph={{ rows: 4 }} />}
      {movers.isError && <ErrorView error={movers.error} onRetry={() => movers.refetch()} />}
      {movers.data?.items.length === 0 && <p className="quiet">{t('sim.movers_none')}</p>}
      <ul className="tier-lines">
        {movers.data?.items.map((row) => (
          <li key={row.customer_id}>
            <div className="line-head">
              <Link to={`${customer(row.customer_id)}?tab=level`} className="who">
                {row.customer_name}
              </Link>
              <span className="from-to">
                <LevelBadge name={row.from && said(row.from.name)} rank={row.from?.rank} colour={row.from?.colour} />
                <span aria-hidden>→</span>
                <LevelBadge name={row.to && said(row.to.name)} rank={row.to?.rank} colour={row.to?.colour} />
              </span>
              <span className="when">
                <Money value={row.revenue} short />
              </span>
            </div>
            <p>{said(row.reason)}</p>
          </li>
        ))}
      </ul>
      {movers.data?.next != null && limit < 100 && (
        <button type="button" className="as-link" onClick={() => setLimit(Math.min(100, limit + 30))}>
          {t('sim.more')}
        </button>
      )}
    </section>
  );
}
