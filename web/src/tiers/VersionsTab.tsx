import { useQueryClient } from '@tanstack/react-query';
import { App, Button, Drawer, Popconfirm, Segmented, Select, Skeleton } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { post } from '../api/client';
import { messageOf } from '../api/problem';
import { useCan } from '../api/session';
import { Empty } from '../kit/Empty';
import { ErrorView } from '../kit/ErrorView';
import { DayText, InstantText } from '../kit/texts';
import { Panel } from './parts/Panel';
import { Differences } from './rules/Differences';
import { Restore } from './rules/Restore';
import { RulesText } from './rules/RulesText';
import { useChosen } from './useChosen';
import { useComparison, useVersion, useVersions, type Version } from './versions';
import './rules/rules.css';
import './simulator/simulator.css';

/** Every version there was, is, or will be: when, by whom, why, what it said and what it changed. */
export default function VersionsTab() {
  const { t } = useTranslation('tiers');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const may = useCan()('manage_tiering');
  const { programmes, chosen } = useChosen();
  const id = chosen?.id;
  const versions = useVersions(id);
  const [shown, show] = useState<Version>();
  const [restoring, restore] = useState<Version>();
  if (programmes.isError) return <ErrorView error={programmes.error} onRetry={() => programmes.refetch()} />;
  if (versions.isError) return <ErrorView error={versions.error} onRetry={() => versions.refetch()} />;
  if (programmes.data && !id) return <Empty title={t('versions.empty')} />;
  if (!versions.data || !id) return <Skeleton active paragraph={{ rows: 5 }} />;
  const items = versions.data.items;
  if (items.length === 0) return <Empty title={t('versions.empty')} />;
  const current = items.find((version) => version.state === 'published')?.number;
  const cancel = async (version: Version) => {
    try {
      await post(`/tiering/programmes/${id}/versions/${version.number}/cancel`);
      await queries.invalidateQueries({ queryKey: ['tiering'] });
      void message.success(t('versions.cancelled_done'));
    } catch (error) {
      void message.error(messageOf(error));
    }
  };
  return (
    <Panel title={t('versions.title')} note={t('versions.note')} className="narrow">
      <ol className="tier-lines versions">
        {items.map((version) => (
          <li key={version.id}>
            <div className="line-head">
              <strong>{t('versions.number', { n: version.number })}</strong>
              <span className={`version-state ${version.state}`}>{t(`versions.${version.state}`)}</span>
              <span className="when">
                {version.state === 'scheduled' ? (
                  <>
                    {t('versions.from')} <DayText value={version.effective_from} />
                  </>
                ) : (
                  <InstantText value={version.live_at ?? version.published_at} />
                )}
              </span>
            </div>
            {version.note && <p>{version.note}</p>}
            {version.restored_from !== null && (
              <p className="quiet">{t('versions.restored_from', { n: version.restored_from })}</p>
            )}
            <div className="version-actions">
              <Button size="small" onClick={() => show(version)}>
                {t('versions.look')}
              </Button>
              {may && version.state === 'scheduled' && (
                <Popconfirm title={t('versions.cancel_question')} onConfirm={() => cancel(version)}>
                  <Button size="small">{t('versions.cancel')}</Button>
                </Popconfirm>
              )}
              {may && (version.state === 'retired' || version.state === 'cancelled') && (
                <Button size="small" onClick={() => restore(version)}>
                  {t('versions.restore')}
                </Button>
              )}
            </div>
          </li>
        ))}
      </ol>
      <Drawer
        open={!!shown}
        onClose={() => show(undefined)}
        size={640}
        title={shown && t('versions.number', { n: shown.number })}
        destroyOnHidden
      >
        {shown && <Opened programme={id} version={shown} all={items} />}
      </Drawer>
      {restoring && <Restore programme={id} version={restoring} current={current} onClose={() => restore(undefined)} />}
    </Panel>
  );
}

/** One version: what it changed against another, or all that it says. */
function Opened({ programme, version, all }: { programme: string; version: Version; all: Version[] }) {
  const { t } = useTranslation('tiers');
  const [view, setView] = useState<'changes' | 'rules'>('changes');
  const [beside, setBeside] = useState<number>();
  const whole = useVersion(programme, version.number);
  const changes = useComparison(programme, version.number, beside);
  return (
    <>
      <Segmented
        value={view}
        onChange={setView}
        options={[
          { value: 'changes', label: t('versions.changes') },
          { value: 'rules', label: t('versions.rules') },
        ]}
      />
      {view === 'rules' ? (
        whole.data ? (
          <RulesText rules={whole.data.rules} />
        ) : (
          <Skeleton active />
        )
      ) : (
        <div className="version-changes">
          {all.length > 1 && (
            <Select
              value={beside ?? changes.data?.from ?? null}
              aria-label={t('versions.beside')}
              options={all
                .filter((each) => each.number !== version.number)
                .map((each) => ({ value: each.number, label: t('versions.against', { n: each.number }) }))}
              onChange={(number) => setBeside(number ?? undefined)}
            />
          )}
          {changes.isError && <ErrorView error={changes.error} onRetry={() => changes.refetch()} />}
          {changes.data &&
            (changes.data.from === null ? (
              <p className="quiet">{t('versions.first')}</p>
            ) : (
              <Differences items={changes.data.items} />
            ))}
        </div>
      )}
    </>
  );
}
