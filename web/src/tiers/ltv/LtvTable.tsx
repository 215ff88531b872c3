import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import { said } from '../../i18n';
import { Empty } from '../../kit/Empty';
import { share } from '../../kit/format';
import { LevelBadge } from '../../kit/level';
import { QueryTable } from '../../kit/QueryTable';
import { Money } from '../../kit/texts';
import { useLevels } from '../../kit/useLevels';
import { customer } from '../links';
import type { LtvRow } from './api';

/** Customers by what they are expected to bring. */
export function LtvTable() {
  const { t } = useTranslation('tiers');
  const { byRank } = useLevels();
  const navigate = useNavigate();
  const badge = (row: LtvRow) => {
    const level = byRank.get(row.level_rank);
    return <LevelBadge name={level ? said(level.name) : null} rank={row.level_rank} colour={level?.colour} />;
  };
  return (
    <QueryTable<LtvRow>
      name="ltv"
      label={t('ltv.list')}
      path="/tiering/ltv/customers"
      limit={20}
      rowKey={(row) => row.customer_id}
      onOpen={(row) => navigate(customer(row.customer_id))}
      empty={<Empty title={t('ltv.nobody')} />}
      columns={[
        {
          key: 'name',
          title: t('ltv.customer'),
          always: true,
          render: (row) => <Link to={customer(row.customer_id)}>{row.customer_name}</Link>,
        },
        { key: 'level', title: t('ltv.level'), render: badge },
        {
          key: 'ltv',
          title: t('ltv.value'),
          align: 'right',
          always: true,
          render: (row) => <Money value={row.ltv} digits={0} />,
        },
        {
          key: 'purchases',
          title: t('ltv.expected_purchases'),
          align: 'right',
          render: (row) => <span className="number">{row.expected_purchases.toFixed(1)}</span>,
        },
        {
          key: 'order_value',
          title: t('ltv.order_value'),
          align: 'right',
          render: (row) => <Money value={row.expected_value} digits={0} />,
        },
        {
          key: 'alive',
          title: t('ltv.p_alive'),
          align: 'right',
          render: (row) => <span className="number">{share(row.p_alive, 0)}</span>,
        },
      ]}
      card={(row) => (
        <Link to={customer(row.customer_id)} className="ltv-card">
          <span className="ltv-card-head">
            <strong className="ltv-card-name">{row.customer_name}</strong>
            <strong>
              <Money value={row.ltv} digits={0} />
            </strong>
          </span>
          <span className="ltv-card-line">
            {badge(row)}
            <span className="quiet">
              {t('ltv.card', { times: row.expected_purchases.toFixed(1), alive: share(row.p_alive, 0) })}
            </span>
          </span>
        </Link>
      )}
    />
  );
}
