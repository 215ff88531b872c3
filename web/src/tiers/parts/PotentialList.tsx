import { Button, Skeleton } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { said } from '../../i18n';
import { ErrorView } from '../../kit/ErrorView';
import { share } from '../../kit/format';
import { LevelBadge } from '../../kit/level';
import { type Potential, usePotentials } from '../api';
import { useExplanation } from '../explain';
import { customer } from '../links';
import { Bar } from './Bar';

/** A short list tells each one's way at once; in a long one it is asked for. */
const TOLD = 10;
/** As many as the server names. */
const MOST = 100;

/** Who is about to become a VIP: why, how near, what is missing, and the cheapest way. */
export function PotentialList({
  limit,
  programme,
  all,
}: {
  limit: number;
  programme?: string | undefined;
  /** Whether more can be asked for. */
  all?: boolean;
}) {
  const { t } = useTranslation('tiers');
  const [shown, show] = useState(limit);
  const potentials = usePotentials(shown, programme);
  if (potentials.isPending) return <Skeleton active paragraph={{ rows: 5 }} />;
  if (potentials.isError) return <ErrorView error={potentials.error} onRetry={() => potentials.refetch()} />;
  if (potentials.data.items.length === 0) return <p className="quiet nothing">{t('potential.none')}</p>;
  return (
    <>
      <ul className="tier-lines">
        {potentials.data.items.map((row) => (
          <PotentialLine key={row.customer_id} row={row} told={limit <= TOLD} />
        ))}
      </ul>
      {all && shown < MOST && potentials.data.items.length >= shown && (
        <div className="list-more">
          <Button onClick={() => show(MOST)} loading={potentials.isFetching}>
            {t('kit:list.more')}
          </Button>
          <span className="quiet">{t('kit:list.shown', { shown: potentials.data.items.length })}</span>
        </div>
      )}
    </>
  );
}

function PotentialLine({ row, told }: { row: Potential; told: boolean }) {
  const { t } = useTranslation('tiers');
  const [open, setOpen] = useState(told);
  return (
    <li>
      <div className="line-head">
        <Link to={`${customer(row.customer_id)}?tab=level`} className="who">
          {row.name}
        </Link>
        <span className="from-to">
          <LevelBadge name={row.level && said(row.level.name)} rank={row.level?.rank} colour={row.level?.colour} />
          <span aria-hidden>→</span>
          <span className="visually-hidden">{t('changes.to')}</span>
          <LevelBadge name={said(row.next.name)} rank={row.next.rank} colour={row.next.colour} />
        </span>
        <span className="when near">
          <Bar share={row.progress} tone="gold" />
          <span className="number">{share(Math.floor(row.progress * 100 + 1e-9) / 100, 0)}</span>
        </span>
      </div>
      <p>{said(row.reason)}</p>
      {open ? (
        <Way customerId={row.customer_id} />
      ) : (
        <button type="button" className="as-link" onClick={() => setOpen(true)}>
          {t('potential.how')}
          <span className="visually-hidden">{row.name}</span>
        </button>
      )}
    </li>
  );
}

/** What is missing for the next level, and the cheapest way there. */
function Way({ customerId }: { customerId: string }) {
  const { t } = useTranslation('tiers');
  const { data } = useExplanation(customerId);
  const next = data?.next;
  if (!data) return <p className="quiet">…</p>;
  if (!next) return null;
  return (
    <p className="cheapest-line">
      <strong>{t('explain.cheapest')}</strong>
      {next.cheapest ? said(next.cheapest.text) : next.missing.map((row) => said(row.text)).join(t('rule.comma'))}
    </p>
  );
}
