import { Skeleton } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useCan } from '../api/session';
import { said } from '../i18n';
import { Empty } from '../kit/Empty';
import { ErrorView } from '../kit/ErrorView';
import { count, share } from '../kit/format';
import { LevelBadge } from '../kit/level';
import { useOverview, useProgramme, useProgrammes } from './api';
import { customersOf, tiers } from './links';
import { sayRule, sayTest } from './model/say';
import { BaseTable } from './parts/BaseTable';
import { LinkButton } from './parts/LinkButton';
import { Panel } from './parts/Panel';
import { useVoice } from './useVoice';

/** The ladder as it is in force: each level, its rule in words, and who stands on it. */
export default function OverviewTab() {
  const { t } = useTranslation('tiers');
  const voice = useVoice();
  const overview = useOverview();
  const programmes = useProgrammes();
  const programme = useProgramme(programmes.data?.items[0]?.id);
  const mayEdit = useCan()('manage_tiering');
  const rules = programme.data?.rules;

  if (overview.isError) return <ErrorView error={overview.error} onRetry={() => overview.refetch()} />;
  if (programmes.isError) return <ErrorView error={programmes.error} onRetry={() => programmes.refetch()} />;
  if (programmes.isPending || (programmes.data.items.length > 0 && programme.isPending)) {
    return <Skeleton active paragraph={{ rows: 8 }} />;
  }
  if (!rules) {
    return (
      <Empty
        title={t('overview.empty')}
        note={t('overview.empty_note')}
        action={
          mayEdit && (
            <LinkButton type="primary" to={tiers('rules')}>
              {t('overview.choose')}
            </LinkButton>
          )
        }
      />
    );
  }
  const byRank = new Map(overview.data?.levels.map((level) => [level.rank, level]));
  return (
    <div className="tiers-grid">
      <Panel
        title={said(programme.data?.name)}
        extra={mayEdit && <Link to={tiers('rules')}>{t('overview.edit')}</Link>}
      >
        <ol className="ladder">
          {[...rules.levels]
            .sort((a, b) => b.rank - a.rank)
            .map((level) => {
              const base = byRank.get(level.rank);
              return (
                <li key={level.id}>
                  <div className="ladder-head">
                    <LevelBadge name={said(level.name)} rank={level.rank} colour={level.colour} />
                    {base && (
                      <Link to={customersOf({ level: level.rank })}>
                        {t('overview.customers', { n: count(base.customers), share: share(base.customer_share) })}
                      </Link>
                    )}
                  </div>
                  <p>{sayRule(voice, rules, level.entry)}</p>
                  {(level.guards?.length ?? 0) > 0 && (
                    <p className="guards">
                      <strong>{t('overview.guards')}</strong>
                      {level.guards?.map((test) => sayTest(voice, rules, test)).join(t('rule.comma'))}
                    </p>
                  )}
                </li>
              );
            })}
        </ol>
      </Panel>
      <Panel title={t('base.title')} note={t('base.note')}>
        {overview.data ? <BaseTable levels={overview.data.levels} /> : <Skeleton active />}
      </Panel>
    </div>
  );
}
