import { Segmented, Select, Skeleton } from 'antd';
import { useTranslation } from 'react-i18next';
import { useCan } from '../../api/session';
import { Empty } from '../../kit/Empty';
import { ErrorView } from '../../kit/ErrorView';
import { useUrlState } from '../../kit/useUrlState';
import { useProgramme } from '../api';
import { tiers } from '../links';
import { LinkButton } from '../parts/LinkButton';
import { Panel } from '../parts/Panel';
import { useChosen } from '../useChosen';
import { useKeeps, useObservations } from './api';
import { HeldList } from './HeldList';
import { More } from './More';
import './life.css';

const WITHIN = [30, 60, 90, 180];

/** Who may lose a level: under observation now, or at the end of a cycle soon. */
export default function ObservationsTab() {
  const { t } = useTranslation('tiers');
  const [state, change] = useUrlState();
  const soon = state.view === 'soon';
  const within = WITHIN.find((days) => String(days) === state.days) ?? 90;
  return (
    <Panel
      className="narrow"
      title={t(soon ? 'life.soon' : 'life.observed')}
      note={t(soon ? 'life.soon_note' : 'life.observed_note')}
      extra={
        <div className="life-controls">
          {soon && (
            <Select
              value={within}
              aria-label={t('life.within')}
              options={WITHIN.map((days) => ({ value: days, label: t('life.within_days', { n: days }) }))}
              onChange={(days) => change({ days: days === 90 ? null : String(days) })}
            />
          )}
          <Segmented
            value={soon ? 'soon' : 'observed'}
            aria-label={t('life.which')}
            options={[
              { value: 'observed', label: t('life.observed') },
              { value: 'soon', label: t('life.soon') },
            ]}
            onChange={(view) => change({ view: view === 'soon' ? 'soon' : null })}
          />
        </div>
      }
    >
      {soon ? <Soon key={within} within={within} /> : <Observed />}
    </Panel>
  );
}

function Observed() {
  const { asked } = useChosen();
  return <Shown pages={useObservations(asked)} empty="observed" />;
}

function Soon({ within }: { within: number }) {
  const { asked } = useChosen();
  return <Shown pages={useKeeps(within, asked)} empty="soon" />;
}

function Shown({ pages, empty }: { pages: ReturnType<typeof useObservations>; empty: 'observed' | 'soon' }) {
  const { t } = useTranslation('tiers');
  if (pages.isPending) return <Skeleton active paragraph={{ rows: 6 }} />;
  if (pages.isError) return <ErrorView error={pages.error} onRetry={() => pages.refetch()} />;
  if (pages.items.length === 0) return <NoLife title={t(`life.${empty}_empty`)} note={t(`life.${empty}_empty_note`)} />;
  return (
    <>
      <HeldList items={pages.items} />
      <More pages={pages} shown={pages.items.length} />
    </>
  );
}

/** An empty list: nobody is there, or levels have no end yet, and then where to give them one. */
export function NoLife({ title, note }: { title: string; note: string }) {
  const { t } = useTranslation('tiers');
  const { chosen } = useChosen();
  const programme = useProgramme(chosen?.id);
  const may = useCan()('manage_tiering');
  if (programme.isPending && chosen) return <Skeleton active paragraph={{ rows: 3 }} />;
  if (programme.data?.rules?.life) return <Empty title={title} note={note} />;
  return (
    <Empty
      title={t('life.none')}
      note={t('life.none_note')}
      action={
        may && (
          <LinkButton type="primary" to={`${tiers('rules')}?part=life`}>
            {t('life.set')}
          </LinkButton>
        )
      }
    />
  );
}
