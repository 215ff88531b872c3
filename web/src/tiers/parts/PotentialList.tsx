import { Skeleton } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { said } from '../../i18n';
import { ErrorView } from '../../kit/ErrorView';
import { share } from '../../kit/format';
import { LevelBadge } from '../../kit/level';
import { type Potential, usePotentials } from '../api';
import { customer } from '../links';
import { Bar } from './Bar';

/** Who is about to become a VIP: why, how near, what is missing, and the cheapest way. */
export function PotentialList({ limit }: { limit: number }) {
  const { t } = useTranslation('tiers');
  const potentials = usePotentials(limit);
  if (potentials.isPending) return <Skeleton active paragraph={{ rows: 5 }} />;
  if (potentials.isError) return <ErrorView error={potentials.error} onRetry={() => potentials.refetch()} />;
  if (potentials.data.items.length === 0) return <p className="quiet nothing">{t('potential.none')}</p>;
  return (
    <ul className="lines">
      {potentials.data.items.map((row) => (
        <PotentialLine key={row.customer_id} row={row} />
      ))}
    </ul>
  );
}

export function PotentialLine({ row }: { row: Potential }) {
  const { t } = useTranslation('tiers');
  return (
    <li>
      <div className="line-head">
        <Link to={`${customer(row.customer_id)}?tab=level`} className="who">
          {row.customer_name}
        </Link>
        <span className="from-to">
          <LevelBadge name={row.level && said(row.level.name)} rank={row.level?.rank} colour={row.level?.colour} />
          <span aria-hidden>→</span>
          <span className="visually-hidden">{t('changes.to')}</span>
          <LevelBadge name={said(row.next.name)} rank={row.next.rank} colour={row.next.colour} />
        </span>
        <span className="when near">
          <Bar share={row.nearness} tone="gold" />
          <span className="number">{share(row.nearness, 0)}</span>
        </span>
      </div>
      <p>{said(row.reason)}</p>
      {row.cheapest && (
        <p className="cheapest-line">
          <strong>{t('explain.cheapest')}</strong>
          {said(row.cheapest.text)}
        </p>
      )}
    </li>
  );
}
