import { Skeleton } from 'antd';
import type { CSSProperties } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useCan } from '../api/session';
import { said } from '../i18n';
import { Empty } from '../kit/Empty';
import { ErrorView } from '../kit/ErrorView';
import { count, share } from '../kit/format';
import { LevelBadge } from '../kit/level';
import { useOverview, useProgramme } from './api';
import { useStaircase } from './life/api';
import { customersOf, tiers } from './links';
import { sayRule, sayTest } from './model/say';
import { BaseTable } from './parts/BaseTable';
import { LinkButton } from './parts/LinkButton';
import { Panel } from './parts/Panel';
import { useChosen } from './useChosen';
import { useVoice } from './useVoice';
import './life/life.css';

/** The ladder as it is in force: each level, its rule in words, and who stands on it. */
export default function OverviewTab() {
  const { t } = useTranslation('tiers');
  const voice = useVoice();
  const { programmes, chosen, asked } = useChosen();
  const overview = useOverview(asked);
  const staircase = useStaircase(asked);
  const programme = useProgramme(chosen?.id);
  const mayEdit = useCan()('manage_tiering');
  const rules = programme.data?.rules;

  if (overview.isError) return <ErrorView error={overview.error} onRetry={() => overview.refetch()} />;
  if (programmes.isError) return <ErrorView error={programmes.error} onRetry={() => programmes.refetch()} />;
  if (programmes.isPending || (chosen && programme.isPending)) {
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
  const steps = new Map(staircase.data?.steps.map((step) => [step.rank, step]));
  return (
    <div className="tiers-grid">
      <Panel
        title={said(programme.data?.name)}
        extra={mayEdit && <Link to={tiers('rules')}>{t('overview.edit')}</Link>}
      >
        <ol className="stairs">
          {[...rules.levels]
            .sort((a, b) => b.rank - a.rank)
            .map((level) => {
              const base = byRank.get(level.rank);
              const step = steps.get(level.rank);
              return (
                <li
                  key={level.id}
                  style={{ '--level': level.colour, '--step': `${(level.rank - 1) * 24}px` } as CSSProperties}
                >
                  <div className="ladder-head">
                    <LevelBadge name={said(level.name)} rank={level.rank} colour={level.colour} />
                    {base && (
                      <Link to={customersOf({ level: level.rank })}>
                        {t('overview.customers', { n: count(base.customers), share: share(base.customer_share) })}
                      </Link>
                    )}
                  </div>
                  <p className="stair-rule">{sayRule(voice, rules, level.entry)}</p>
                  {(level.guards?.length ?? 0) > 0 && (
                    <p className="guards">
                      <strong>{t('overview.guards')}</strong>
                      {level.guards?.map((test) => sayTest(voice, rules, test)).join(t('rule.comma'))}
                    </p>
                  )}
                  {level.keep && (
                    <p className="guards">
                      <strong>{t('life.ed.keep')}</strong>
                      {sayRule(voice, rules, level.keep)}
                    </p>
                  )}
                  {step && (
                    <dl className="stair-figures">
                      {typeof step.keep_rate === 'number' && (
                        <Figure name={t('stairs.keep_rate')} value={share(step.keep_rate, 0)} />
                      )}
                      {typeof step.average_score === 'number' && (
                        <Figure name={t('stairs.score')} value={step.average_score.toFixed(1)} />
                      )}
                      <Figure name={t('stairs.entries')} value={count(step.entries)} />
                      <Figure name={t('stairs.exits')} value={count(step.exits)} />
                    </dl>
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

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
