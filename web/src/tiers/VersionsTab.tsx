import { useQuery } from '@tanstack/react-query';
import { App, Button, Drawer, Skeleton } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { get, type Page, put } from '../api/client';
import { messageOf } from '../api/problem';
import { useCan } from '../api/session';
import { said } from '../i18n';
import { Empty } from '../kit/Empty';
import { ErrorView } from '../kit/ErrorView';
import { LevelBadge } from '../kit/level';
import { InstantText } from '../kit/texts';
import { useProgramme, useProgrammes, type Version } from './api';
import { tiers } from './links';
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
              <Button size="small" onClick={() => show(version)}>
                {t('versions.look')}
              </Button>
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
        extra={shown && shown.state === 'retired' && id && <TakeUp programme={id} version={shown} />}
      >
        {shown && id && <VersionRules programme={id} version={shown.id} />}
      </Drawer>
    </Panel>
  );
}

const useVersion = (programme: string, version: string) =>
  useQuery({
    queryKey: ['tiering', 'version', version],
    queryFn: ({ signal }) =>
      get<{ rules: Rules }>(`/tiering/programmes/${programme}/versions/${version}`, undefined, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });

function VersionRules({ programme, version }: { programme: string; version: string }) {
  const found = useVersion(programme, version);
  if (found.isError) return <ErrorView error={found.error} onRetry={() => found.refetch()} />;
  if (found.isPending) return <Skeleton active paragraph={{ rows: 6 }} />;
  return <RulesText rules={found.data.rules} />;
}

/** Puts an old version's rules into the draft; in force only when published again. */
function TakeUp({ programme, version }: { programme: string; version: Version }) {
  const { t } = useTranslation('tiers');
  const { message } = App.useApp();
  const navigate = useNavigate();
  const now = useProgramme(programme);
  const may = useCan()('manage_tiering');
  const old = useVersion(programme, version.id);
  const { data } = now;
  const take = async () => {
    if (!data || !old.data) return;
    try {
      await put(`/tiering/programmes/${programme}/draft`, { rules: old.data.rules }, { version: data.version });
      await now.refetch();
      navigate(tiers('rules'));
    } catch (error) {
      void message.error(messageOf(error));
    }
  };
  if (!may) return null;
  return <Button onClick={() => void take()}>{t('versions.take_up')}</Button>;
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
