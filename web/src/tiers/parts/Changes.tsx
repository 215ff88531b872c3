import { ArrowDownOutlined, ArrowUpOutlined } from '@ant-design/icons';
import { Skeleton } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { said } from '../../i18n';
import { ErrorView } from '../../kit/ErrorView';
import { DayText } from '../../kit/texts';
import { useChanges } from '../api';
import { More } from '../life/More';
import { customer } from '../links';
import { useChosen } from '../useChosen';
import { RankBadge } from './RankBadge';

/** The latest level changes, each with its reason. */
export function Changes({ limit, all }: { limit: number; all?: boolean }) {
  const { t } = useTranslation('tiers');
  const { asked } = useChosen();
  const changes = useChanges(limit, asked);
  if (changes.isPending) return <Skeleton active paragraph={{ rows: 5 }} />;
  if (changes.isError) return <ErrorView error={changes.error} onRetry={() => changes.refetch()} />;
  const items = changes.data.pages.flatMap((page) => page.items);
  if (items.length === 0) return <p className="quiet nothing">{t('changes.none')}</p>;
  return (
    <>
      <ul className="tier-lines">
        {items.map((change) => {
          const way = Math.sign(change.to_rank - change.from_rank);
          return (
            <li key={change.id}>
              <div className="line-head">
                <span className={way > 0 ? 'move up' : way < 0 ? 'move down' : 'move'}>
                  {way > 0 && <ArrowUpOutlined aria-hidden />}
                  {way < 0 && <ArrowDownOutlined aria-hidden />}
                  {way === 0 ? t(`changes.${change.change}`) : t(way > 0 ? 'changes.up' : 'changes.down')}
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
      {all && <More pages={changes} shown={items.length} />}
    </>
  );
}
