import { SettingOutlined, SwapOutlined, UserAddOutlined } from '@ant-design/icons';
import { Button, Skeleton, Tag } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useCan, useSessionQuery } from '../../api/session';
import { said } from '../../i18n';
import { Empty } from '../../kit/Empty';
import { ErrorView } from '../../kit/ErrorView';
import { LevelBadge } from '../../kit/level';
import { PageHeader } from '../../kit/PageHeader';
import { StatCard } from '../../kit/StatCard';
import { InstantText } from '../../kit/texts';
import { AssignDialog } from './AssignDialog';
import { type Manager, useHandOvers, useManagers } from './api';
import { DeputyDialog } from './DeputyDialog';
import { LoadBar } from './LoadBar';
import { ProfileDialog } from './ProfileDialog';
import { SettingsDialog } from './SettingsDialog';
import './managers.css';

/** Who looks after whom, how much each carries, and what is to be done about it. */
export default function ManagersPage() {
  const { t } = useTranslation('managers');
  const may = useCan()('manage_service');
  const me = useSessionQuery().data?.staff?.id;
  const managers = useManagers();
  const past = useHandOvers();
  const [open, show] = useState<'assign' | 'settings'>();
  const [editing, edit] = useState<Manager>();
  const [standIn, nameDeputy] = useState<Manager>();
  if (managers.isError) return <ErrorView error={managers.error} onRetry={() => managers.refetch()} />;
  if (!managers.data) return <Skeleton active />;
  const { items, levels, vip_from, without, settings } = managers.data;
  const rows = items.toSorted((a, b) => Number(a.active) - Number(b.active) || b.load.places - a.load.places);
  const nameOf = (rank: number) => levels.find((level) => level.rank === rank);
  const over = rows.filter((row) => row.load.places > row.cap).length;
  const vip = nameOf(vip_from);
  return (
    <div className="mg">
      <PageHeader
        title={t('title')}
        note={vip ? t('note', { level: said(vip.name) }) : t('note_plain')}
        extra={
          may && (
            <>
              <Button type="primary" icon={<UserAddOutlined />} disabled={without === 0} onClick={() => show('assign')}>
                {t('assign.button')}
              </Button>
              <Link to="/service/managers/hand-over">
                <Button icon={<SwapOutlined />}>{t('hand.button')}</Button>
              </Link>
              <Button icon={<SettingOutlined />} onClick={() => show('settings')}>
                {t('settings.button')}
              </Button>
            </>
          )
        }
      />
      <div className="stats">
        <StatCard label={t('stat.managers')} value={rows.filter((row) => row.active).length} />
        <StatCard label={t('stat.vips')} value={rows.reduce((sum, row) => sum + row.load.vips, 0)} />
        <StatCard label={t('stat.without')} value={without} note={without > 0 ? t('stat.without_note') : undefined} />
        <StatCard label={t('stat.over')} value={over} note={over > 0 ? t('stat.over_note') : undefined} />
      </div>
      {rows.length === 0 && <Empty title={t('none')} note={t('none_note')} />}
      <ul className="mg-list">
        {rows.map((row) => (
          <li key={row.staff_id} className="panel mg-row">
            <div className="mg-head">
              <h2>
                <Link to={`/customers?owner=${row.staff_id}`}>{row.name}</Link>
                {!row.active && <Tag color="red">{t('left')}</Tag>}
                {row.active && !row.profile.takes && <Tag>{t('takes_none')}</Tag>}
              </h2>
              <LoadBar now={row.load.places} cap={row.cap} />
            </div>
            <p className="mg-levels">
              {row.levels
                .filter((held) => held.rank > 0)
                .toReversed()
                .map((held) => (
                  <Link key={held.rank} to={`/customers?owner=${row.staff_id}&level=${held.rank}`} className="mg-level">
                    <LevelBadge
                      name={said(nameOf(held.rank)?.name) || t('rank', { n: held.rank })}
                      rank={held.rank}
                      colour={nameOf(held.rank)?.colour}
                    />
                    <span className="number">{held.customers}</span>
                  </Link>
                ))}
              <span className="quiet">{t('customers', { n: row.load.customers })}</span>
            </p>
            {[row.profile.regions, row.profile.industries, row.profile.languages].some((list) => list.length > 0) && (
              <p className="mg-words">
                {[...row.profile.regions, ...row.profile.industries, ...row.profile.languages].map((word) => (
                  <Tag key={word}>{word}</Tag>
                ))}
              </p>
            )}
            {row.deputies.map((deputy) => (
              <p key={deputy.id} className="quiet">
                {t('deputy.line', { name: deputy.deputy_name, from: deputy.from_day, until: deputy.until_day })}
              </p>
            ))}
            {(may || row.staff_id === me) && (
              <div className="mg-actions">
                {may && row.active && (
                  <Button size="small" onClick={() => edit(row)}>
                    {t('profile.button')}
                    <span className="visually-hidden">{row.name}</span>
                  </Button>
                )}
                {row.active && (
                  <Button size="small" onClick={() => nameDeputy(row)}>
                    {t('deputy.button')}
                    <span className="visually-hidden">{row.name}</span>
                  </Button>
                )}
                {may && (
                  <Link to={`/service/managers/hand-over?from=${row.staff_id}`}>
                    <Button size="small" danger={!row.active}>
                      {t('hand.short')}
                      <span className="visually-hidden">{row.name}</span>
                    </Button>
                  </Link>
                )}
              </div>
            )}
          </li>
        ))}
      </ul>
      {(past.data?.items.length ?? 0) > 0 && (
        <section className="panel">
          <h2>{t('hand.past')}</h2>
          <ul className="mg-past">
            {past.data?.items.map((one) => (
              <li key={one.id}>
                <Link to={`/service/hand-overs/${one.id}`}>{t('hand.of', { name: one.from_name })}</Link>
                <span className="quiet">
                  {t('hand.sum', { n: one.counts.reduce((sum, count) => sum + count.items, 0) })} ·{' '}
                  <InstantText value={one.created_at} />
                </span>
                {one.state === 'running' && <Tag color="gold">{t('hand.running')}</Tag>}
              </li>
            ))}
          </ul>
        </section>
      )}
      {open === 'assign' && <AssignDialog onClose={() => show(undefined)} />}
      {open === 'settings' && <SettingsDialog settings={settings} levels={levels} onClose={() => show(undefined)} />}
      {editing && <ProfileDialog manager={editing} usual={settings.cap} onClose={() => edit(undefined)} />}
      {standIn && <DeputyDialog manager={standIn} onClose={() => nameDeputy(undefined)} />}
    </div>
  );
}
