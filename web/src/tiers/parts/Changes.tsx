import { ArrowDownOutlined, ArrowUpOutlined } from '@ant-design/icons';
import { Skeleton } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { said } from '../../i18n';
import { ErrorView } from '../../kit/ErrorView';
import { DayText } from '../../kit/texts';
import { useChanges } from '../api';
import { customer } from '../links';
import { RankBadge } from './RankBadge';

/** The latest level changes, each with its reason. */
export function Changes({ limit }: { limit: number }) {
  const { t } = useTranslation('tiers');
  const changes = useChanges(limit);
  if (changes.isPending) return <Skeleton active paragraph={{ rows: 5 }} />;
  if (changes.isError) return <ErrorView error={changes.error} onRetry={() => changes.refetch()} />;
  if (changes.data.items.length === 0) return <p className="quiet nothing">{t('changes.none')}</p>;
  return (
    <ul className="tier-lines">
      {changes.data.items.map((change) => {
        const up = change.to_rank > change.from_rank;
        return (
          <li key={change.id}>
            <div className="line-head">
              <span className={up ? 'move up' : 'move down'}>
                {up ? <ArrowUpOutlined aria-hidden /> : <ArrowDownOutlined aria-hidden />}
                {t(up ? 'changes.up' : 'changes.down')}
              </span>
              <Link to={customer(change.customer_id)} className="who">
                {change.customer_name}
              </Link>
              <span className="from-to">
                <RankBadge rank={change.from_rank} face={change.from} />
                <span aria-hidden>→</span>
                <span className="visually-hidden">{t('changes.to')}</span>
                <RankBadge rank={change.to_rank} face={change.to} />
              </span>
              <span className="when">
                <DayText value={change.as_of} />
              </span>
            </div>
            <p>{said(change.reason)}</p>
          </li>
        );
      })}
    </ul>
  );
}
