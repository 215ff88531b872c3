import { RedoOutlined, UndoOutlined } from '@ant-design/icons';
import { useQueryClient } from '@tanstack/react-query';
import { App, Button, Drawer, Grid, Tooltip } from 'antd';
import { useCallback, useEffect, useReducer, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useBlocker } from 'react-router';
import { put } from '../../api/client';
import { messageOf, Problem } from '../../api/problem';
import { useCan } from '../../api/session';
import { count } from '../../kit/format';
import { useUrlState } from '../../kit/useUrlState';
import { fetchProgramme, type Programme } from '../api';
import { LifeEditor } from '../life/LifeEditor';
import { tiers } from '../links';
import { type DraftAction, dirty, type Draft as Edited, opened, step } from '../model/draft';
import type { Faults } from '../model/faults';
import type { Rules } from '../model/rules';
import { Panel } from '../parts/Panel';
import { TabLinks } from '../parts/TabLinks';
import { Simulator } from '../simulator/Simulator';
import { Checks } from './Checks';
import { Clashes } from './Clashes';
import { DimensionsEditor } from './DimensionsEditor';
import { Effect } from './Effect';
import { IndicatorsEditor } from './IndicatorsEditor';
import { LevelsEditor } from './LevelsEditor';
import { Publish } from './Publish';
import { RfmEditor } from './RfmEditor';
import { useSimulation } from './useSimulation';
import { WeightsEditor } from './WeightsEditor';
import './rules.css';

/** What every part of the editor is given. */
export interface PartProps {
  rules: Rules;
  faults: Faults;
  disabled: boolean;
  onChange: (rules: Rules, continues?: boolean) => void;
}

const PARTS = {
  weights: { page: WeightsEditor, places: ['score.dimensions'] },
  points: { page: DimensionsEditor, places: ['score', 'loyalty'] },
  levels: { page: LevelsEditor, places: ['levels'] },
  life: { page: LifeEditor, places: ['life'] },
  indicators: { page: IndicatorsEditor, places: ['indicators'] },
  rfm: { page: RfmEditor, places: ['rfm'] },
} as const;
type PartName = keyof typeof PARTS;

const shownRules = (programme: Programme): { rules: Rules; version: string } => {
  const rules = programme.draft ?? programme.rules;
  if (!rules) throw new Error('a programme without rules');
  return { rules, version: String(programme.version) };
};

/** The rules under edit beside what they would do; saved as a draft, in force when published. */
export function Editor({ programme }: { programme: Programme }) {
  const { t } = useTranslation('tiers');
  const { message, modal } = App.useApp();
  const queries = useQueryClient();
  const phone = !Grid.useBreakpoint().lg;
  const may = useCan()('manage_tiering');
  const [state] = useUrlState();
  const [draft, act] = useReducer(
    step as (draft: Edited<Rules>, action: DraftAction<Rules>) => Edited<Rules>,
    undefined,
    () => {
      const { rules, version } = shownRules(programme);
      return opened(rules, version);
    },
  );
  const simulation = useSimulation(programme.id, draft.rules);
  const [saving, setSaving] = useState(false);
  const [publishing, setPublishing] = useState(false);
  const [effectOpen, setEffectOpen] = useState(false);
  const [more, setMore] = useState(false);
  const unsaved = dirty(draft);

  useEffect(() => {
    const { rules, version } = shownRules(programme);
    act({ type: 'loaded', rules, version });
  }, [programme]);
  useKeepFromLeaving(unsaved);

  const edit = useCallback(
    (rules: Rules, continues?: boolean) => act({ type: 'edit', rules, ...(continues ? { gesture: 'continue' } : {}) }),
    [],
  );

  /** Saves; when somebody else was first, lays both edits together and says so. Answers the version that is saved. */
  const save = async (): Promise<string | null> => {
    setSaving(true);
    const sent = draft.rules;
    try {
      const saved = await put<{ version: number }>(
        `/tiering/programmes/${programme.id}/draft`,
        { rules: sent },
        draft.version === null ? {} : { version: draft.version },
      );
      act({ type: 'saved', rules: sent, version: String(saved.version) });
      await queries.invalidateQueries({ queryKey: ['tiering', 'programme'] });
      return String(saved.version);
    } catch (error) {
      if (error instanceof Problem && (error.status === 412 || error.code === 'version_stale')) {
        const latest = await fetchProgramme(programme.id);
        const { rules, version } = shownRules(latest);
        act({ type: 'overtaken', theirs: rules, version });
        void modal.info({ title: t('rules.overtaken'), content: t('rules.overtaken_note'), okText: t('rules.look') });
      } else {
        void message.error(messageOf(error));
      }
      return null;
    } finally {
      setSaving(false);
    }
  };

  const saveAndSay = async () => {
    if ((await save()) !== null) void message.success(t('rules.saved'));
  };

  const part: PartName = state.part && state.part in PARTS ? (state.part as PartName) : 'weights';
  const Part = PARTS[part].page;
  const outside = simulation.faults.outside(Object.values(PARTS).flatMap((each) => [...each.places]));
  const pending = unsaved || programme.draft !== null;
  const result = simulation.result;

  return (
    <div className="editor">
      <div className="editor-bar">
        <span className="editor-state" role="status">
          {unsaved ? t('rules.unsaved') : programme.draft ? t('rules.draft_saved') : t('rules.in_force')}
        </span>
        <Tooltip title={t('rules.undo')}>
          <Button
            type="text"
            icon={<UndoOutlined />}
            aria-label={t('rules.undo')}
            disabled={draft.past.length === 0}
            onClick={() => act({ type: 'undo' })}
          />
        </Tooltip>
        <Tooltip title={t('rules.redo')}>
          <Button
            type="text"
            icon={<RedoOutlined />}
            aria-label={t('rules.redo')}
            disabled={draft.future.length === 0}
            onClick={() => act({ type: 'redo' })}
          />
        </Tooltip>
        <Button disabled={!unsaved} onClick={() => act({ type: 'discard' })}>
          {t('rules.discard')}
        </Button>
        {may && (
          <>
            <Button
              loading={saving}
              disabled={!unsaved || draft.clashes.length > 0 || simulation.faults.count > 0}
              onClick={() => void saveAndSay()}
            >
              {t('rules.save')}
            </Button>
            <Button
              type="primary"
              disabled={!pending || draft.clashes.length > 0 || simulation.faults.count > 0}
              onClick={() => setPublishing(true)}
            >
              {t('rules.publish')}
            </Button>
          </>
        )}
      </div>
      {!may && <p className="quiet">{t('rules.read_only')}</p>}
      {outside.map((text) => (
        <p className="fault" role="alert" key={text}>
          {text}
        </p>
      ))}
      <Clashes
        rules={draft.rules}
        clashes={draft.clashes}
        onResolve={(clash, keep) => act({ type: 'resolved', clash, keep })}
      />

      <Checks programme={programme.id} rules={draft.rules} />
      <div className="editor-body">
        <div className="editor-parts">
          <TabLinks
            small
            label={t('tab.rules')}
            current={part}
            items={(Object.keys(PARTS) as PartName[]).map((name) => {
              const wrong = PARTS[name].places.some((place) => simulation.faults.within(place).length > 0);
              return {
                key: name,
                to: name === 'weights' ? tiers('rules') : `${tiers('rules')}?part=${name}`,
                label: (
                  <>
                    {t(`rules.part.${name}`)}
                    {wrong && (
                      <span className="fault-dot" role="img" aria-label={t('rules.has_faults')}>
                        !
                      </span>
                    )}
                  </>
                ),
              };
            })}
          />
          <Part rules={draft.rules} faults={simulation.faults} disabled={!may} onChange={edit} />
        </div>
        {phone ? (
          <>
            <button type="button" className="effect-strip" onClick={() => setEffectOpen(true)}>
              {result
                ? t('effect.strip', { up: count(result.moved.up), down: count(result.moved.down) })
                : t('effect.waiting')}
              <span>{t('effect.open')}</span>
            </button>
            <Drawer
              open={effectOpen}
              onClose={() => setEffectOpen(false)}
              placement="bottom"
              size="large"
              title={t('effect.title')}
            >
              <Effect simulation={simulation} />
              {result && <Button onClick={() => setMore(true)}>{t('sim.open')}</Button>}
            </Drawer>
          </>
        ) : (
          <aside className="editor-effect">
            <Panel title={t('effect.title')} note={t('effect.note')}>
              <Effect simulation={simulation} />
              {result && (
                <Button block onClick={() => setMore(true)}>
                  {t('sim.open')}
                </Button>
              )}
            </Panel>
          </aside>
        )}
      </div>
      <Drawer
        open={more}
        onClose={() => setMore(false)}
        size={phone ? '100%' : 760}
        title={t('sim.title')}
        destroyOnHidden
      >
        {result && <Simulator programme={programme.id} rules={draft.rules} result={result} />}
      </Drawer>
      <Publish
        open={publishing}
        programme={programme}
        rules={draft.rules}
        simulation={simulation}
        beforehand={async () => (unsaved ? await save() : draft.version)}
        onClose={() => setPublishing(false)}
      />
    </div>
  );
}

/** Asks before an unsaved edit is left behind. */
function useKeepFromLeaving(unsaved: boolean) {
  const { t } = useTranslation('tiers');
  const { modal } = App.useApp();
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) => unsaved && currentLocation.pathname !== nextLocation.pathname,
  );
  useEffect(() => {
    if (blocker.state !== 'blocked') return;
    void modal.confirm({
      title: t('rules.leave'),
      content: t('rules.leave_note'),
      okText: t('rules.leave_yes'),
      cancelText: t('rules.leave_no'),
      onOk: () => blocker.proceed(),
      onCancel: () => blocker.reset(),
    });
  }, [blocker, modal, t]);
  useEffect(() => {
    if (!unsaved) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, [unsaved]);
}
