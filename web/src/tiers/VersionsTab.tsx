import { useQuery } from '@tanstack/react-query';
import { Button, Drawer, Skeleton } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get, type Page } from '../api/client';
import { said } from '../i18n';
import { Empty } from '../kit/Empty';
import { ErrorView } from '../kit/ErrorView';
import { LevelBadge } from '../kit/level';
import { InstantText } from '../kit/texts';
import { useProgramme, useProgrammes, type Version } from './api';
import type { Rules } from './model/rules';
import { sayRule, sayTest, sayWindow } from './model/say';
import { Panel } from './parts/Panel';
import { useVoice } from './useVoice';

/** Every version that was ever in force: when, by whom, why, and what it said. */
export default function VersionsTab() {
  const { t } = useTranslation('tiers');
  const programmes = useProgrammes();
  const id = programmes.data?.items[0]?.id;
  const versions = useQuery({
    queryKey: ['tiering', 'versions', id],
    queryFn: ({ signal }) => get<Page<Version>>(`/tiering/programmes/${id}/versions`, undefined, signal),
    enabled: !!id,
  });
  const programme = useProgramme(id);
  const [shown, show] = useState<Version>();
  if (programmes.isError) return <ErrorView error={programmes.error} onRetry={() => programmes.refetch()} />;
  if (versions.isError) return <ErrorView error={versions.error} onRetry={() => versions.refetch()} />;
  if (programmes.data && !id) return <Empty title={t('versions.empty')} />;
  if (!versions.data) return <Skeleton active paragraph={{ rows: 5 }} />;
  return (
    <Panel title={t('versions.title')} note={t('versions.note')} className="narrow">
      <ol className="tier-lines versions">
        {versions.data.items.map((version) => (
          <li key={version.id}>
            <div className="line-head">
              <strong>{t('versions.number', { n: version.number })}</strong>
              <span className={`version-state ${version.state}`}>{t(`versions.${version.state}`)}</span>
              <span className="when">
                <InstantText value={version.published_at} />
              </span>
              {version.state === 'published' && (
                <Button size="small" onClick={() => show(version)}>
                  {t('versions.look')}
                </Button>
              )}
            </div>
            {version.note && <p>{version.note}</p>}
          </li>
        ))}
      </ol>
      <Drawer
        open={!!shown}
        onClose={() => show(undefined)}
        size={640}
        title={shown && t('versions.number', { n: shown.number })}
      >
        {shown && programme.data?.rules && <RulesText rules={programme.data.rules} />}
      </Drawer>
    </Panel>
  );
}

/** A version in words, to be read and not edited. */
function RulesText({ rules }: { rules: Rules }) {
  const { t } = useTranslation('tiers');
  const voice = useVoice();
  return (
    <div className="rules-text">
      <h3>{t('rules.part.levels')}</h3>
      <ol className="ladder">
        {[...rules.levels]
          .sort((a, b) => b.rank - a.rank)
          .map((level) => (
            <li key={level.id}>
              <LevelBadge name={said(level.name)} rank={level.rank} colour={level.colour} />
              <p>{sayRule(voice, rules, level.entry)}</p>
              {(level.guards?.length ?? 0) > 0 && (
                <p className="guards">
                  <strong>{t('overview.guards')}</strong>
                  {level.guards?.map((test) => sayTest(voice, rules, test)).join(t('rule.comma'))}
                </p>
              )}
            </li>
          ))}
      </ol>
      <h3>{t('rules.part.weights')}</h3>
      <dl>
        {rules.score.dimensions.map((dimension) => (
          <div key={dimension.id}>
            <dt>{said(dimension.name)}</dt>
            <dd className="number">{dimension.weight}%</dd>
          </div>
        ))}
      </dl>
      <h3>RFM</h3>
      <p>{rules.rfm ? sayWindow(voice, rules.rfm.window) : '–'}</p>
    </div>
  );
}
