import { CalendarOutlined, PlusOutlined, SettingOutlined } from '@ant-design/icons';
import { Button, Segmented, Select, Skeleton } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useCan } from '../../api/session';
import { said } from '../../i18n';
import { Empty } from '../../kit/Empty';
import { ErrorView } from '../../kit/ErrorView';
import { LevelBadge } from '../../kit/level';
import { PageHeader } from '../../kit/PageHeader';
import { StatCard } from '../../kit/StatCard';
import { useUrlState } from '../../kit/useUrlState';
import { STANDINGS, useCoverage, usePlans, useVisits } from './api';
import { PlansDialog } from './PlansDialog';
import { SpreadDialog } from './SpreadDialog';
import { VisitLine } from './VisitLine';
import './visits.css';

/** The visit plan: who has had the visits that the level is promised, who waits, and what was said. */
export default function VisitsPage() {
  const { t } = useTranslation('visits');
  const can = useCan();
  const [state, change] = useUrlState();
  const [open, show] = useState<'plans' | 'spread'>();
  const plans = usePlans();
  const shown = state.show === 'visits' ? 'visits' : 'coverage';
  const standing = STANDINGS.find((one) => one === state.standing);
  const mine = state.mine === '1';
  const staff = mine ? 'me' : state.staff || undefined;
  const coverage = useCoverage({ staff_id: staff, standing, limit: 200 });
  const visits = useVisits({ staff_id: staff, state: state.state || undefined, limit: 100 });
  const levelOf = (rank: number) => plans.data?.levels.find((level) => level.rank === rank);
  if (coverage.isError) return <ErrorView error={coverage.error} onRetry={() => coverage.refetch()} />;
  if (!coverage.data || !plans.data) return <Skeleton active />;
  const { all, levels, managers, items, total } = coverage.data;
  const share = (part: number, whole: number) => (whole > 0 ? `${Math.round((100 * part) / whole)}%` : '–');
  return (
    <div className="vs">
      <PageHeader
        title={t('title')}
        note={t('note')}
        extra={
          <>
            {can('work_tickets') && (
              <Link to="/service/visits/new">
                <Button type="primary" icon={<PlusOutlined />}>
                  {t('record')}
                </Button>
              </Link>
            )}
            {can('work_tickets') && levels.length > 0 && (
              <Button icon={<CalendarOutlined />} onClick={() => show('spread')}>
                {t('spread.button')}
              </Button>
            )}
            {can('manage_service') && (
              <Button icon={<SettingOutlined />} onClick={() => show('plans')}>
                {t('plans.button')}
              </Button>
            )}
          </>
        }
      />
      <div className="vs-bar">
        <Segmented
          aria-label={t('show')}
          value={shown}
          onChange={(value) => change({ show: value === 'visits' ? value : undefined })}
          options={(['coverage', 'visits'] as const).map((value) => ({ value, label: t(`tab.${value}`) }))}
        />
        <Segmented
          aria-label={t('whose')}
          value={mine ? 'mine' : 'all'}
          onChange={(value) => change({ mine: value === 'mine' ? '1' : undefined, staff: undefined })}
          options={(['all', 'mine'] as const).map((value) => ({ value, label: t(`whose_${value}`) }))}
        />
        {shown === 'coverage' && (
          <Select
            aria-label={t('standing_label')}
            value={standing ?? ''}
            onChange={(value) => change({ standing: value || undefined })}
            options={[
              { value: '', label: t('standing.any') },
              ...STANDINGS.map((value) => ({ value, label: t(`standing.${value}`) })),
            ]}
          />
        )}
      </div>
      {shown === 'coverage' && levels.length === 0 && (
        <Empty
          title={t('plans.none')}
          note={t('plans.none_note')}
          action={can('manage_service') && <Button onClick={() => show('plans')}>{t('plans.button')}</Button>}
        />
      )}
      {shown === 'coverage' && levels.length > 0 && (
        <>
          <div className="stats">
            <StatCard
              label={t('stat.coverage')}
              value={share(all.covered, all.customers)}
              note={t('stat.of', { n: all.covered, all: all.customers })}
            />
            <StatCard label={t('standing.overdue')} value={all.overdue} note={t('stat.overdue_note')} />
            <StatCard label={t('standing.due')} value={all.due} />
            <StatCard label={t('standing.planned')} value={all.planned} />
          </div>
          <div className="vs-sums">
            <section className="panel">
              <h2>{t('by_level')}</h2>
              <ul>
                {levels.map((level) => {
                  const face = plans.data.levels.find((one) => one.level_id === level.level_id);
                  return (
                    <li key={level.level_id}>
                      <LevelBadge name={said(face?.name)} rank={face?.rank} colour={face?.colour} />
                      <span className="quiet">{t(`plans.${level.per}`, { n: level.visits })}</span>
                      <span className="number">
                        {level.covered} / {level.customers}（{share(level.covered, level.customers)}）
                      </span>
                    </li>
                  );
                })}
              </ul>
            </section>
            <section className="panel">
              <h2>{t('by_manager')}</h2>
              <ul>
                {managers.map((one) => (
                  <li key={one.staff_id ?? ''}>
                    {one.staff_id ? <Link to={`?staff=${one.staff_id}`}>{one.name}</Link> : <span>{t('nobody')}</span>}
                    <span className={one.overdue > 0 ? 'vs-bad' : 'quiet'}>{t('overdue_n', { n: one.overdue })}</span>
                    <span className="number">
                      {one.covered} / {one.customers}（{share(one.covered, one.customers)}）
                    </span>
                  </li>
                ))}
              </ul>
            </section>
          </div>
          <section className="panel">
            <h2>{t('waiting', { n: total })}</h2>
            {items.length === 0 && <p className="quiet">{t('waiting_none')}</p>}
            <ul className="vs-list">
              {items.map((one) => (
                <li key={one.customer_id}>
                  <Link to={`/customers/${one.customer_id}`}>{one.customer_name}</Link>
                  <LevelBadge
                    name={said(levelOf(one.level_rank)?.name)}
                    rank={one.level_rank}
                    colour={levelOf(one.level_rank)?.colour}
                  />
                  <span className={one.standing === 'overdue' ? 'vs-bad' : 'quiet'}>
                    {t(`standing.${one.standing}`)}
                  </span>
                  <span>{t('made_of', { n: one.done, all: one.promised })}</span>
                  <span className="quiet">{one.last_day ? t('last', { day: one.last_day }) : t('never')}</span>
                  {can('work_tickets') && (
                    <Link to={`/service/visits/new?customer=${one.customer_id}`}>
                      <Button size="small">
                        {t('record')}
                        <span className="visually-hidden">{one.customer_name}</span>
                      </Button>
                    </Link>
                  )}
                </li>
              ))}
            </ul>
          </section>
        </>
      )}
      {shown === 'visits' && (
        <section className="panel">
          {visits.isError && <ErrorView error={visits.error} onRetry={() => visits.refetch()} />}
          {visits.isPending && <Skeleton active />}
          {visits.data?.items.length === 0 && <Empty title={t('none')} note={t('none_note')} />}
          <ul className="vs-visits">
            {visits.data?.items.map((visit) => (
              <li key={visit.id}>
                <VisitLine visit={visit} />
              </li>
            ))}
          </ul>
        </section>
      )}
      {open === 'plans' && <PlansDialog plans={plans.data} onClose={() => show(undefined)} />}
      {open === 'spread' && <SpreadDialog onClose={() => show(undefined)} />}
    </div>
  );
}
