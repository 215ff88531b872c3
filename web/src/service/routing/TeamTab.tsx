import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { App, Button, Progress, Skeleton, Tag } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { remove as del } from '../../api/client';
import { messageOf } from '../../api/problem';
import { useCan, useSession } from '../../api/session';
import { Empty } from '../../kit/Empty';
import { ErrorView } from '../../kit/ErrorView';
import { DayText } from '../../kit/texts';
import { AbsenceDialog } from './AbsenceDialog';
import { type Member, type Presence, useAbsences, useShifts, useSkills, useTeam } from './api';
import { clock } from './clock';
import { ShiftDialog } from './ShiftDialog';
import { SkillsDialog } from './SkillsDialog';

const ORDER: Record<Presence, number> = { online: 0, busy: 1, away: 2, offline: 3 };

/** Who is there, what they can do, when they work and when they do not. */
export default function TeamTab() {
  const { t } = useTranslation('routing');
  const may = useCan()('manage_service');
  const team = useTeam();
  const skills = useSkills();
  const [editing, edit] = useState<string>();
  if (team.isError) return <ErrorView error={team.error} onRetry={() => team.refetch()} />;
  if (!team.data) return <Skeleton active />;
  const items = [...team.data.items].sort((a, b) => ORDER[a.state] - ORDER[b.state] || a.name.localeCompare(b.name));
  const here = items.filter((one) => one.state === 'online' && one.on_shift && !one.absent).length;
  const edited = skills.data?.items.find((one) => one.staff_id === editing);
  return (
    <>
      <section className="panel">
        <div className="routing-head">
          <h2>{t('team.title')}</h2>
          <span className="quiet">{t('team.here', { n: here, all: items.length })}</span>
        </div>
        {items.length === 0 && <Empty title={t('team.none')} />}
        <ul className="routing-cards">
          {items.map((one) => (
            <li key={one.staff_id}>
              <div className="routing-card-head">
                <h3>{one.name}</h3>
                <StateTag member={one} />
              </div>
              <div className="routing-load">
                <Progress
                  percent={Math.min(100, Math.round((one.load / Math.max(1, one.capacity)) * 100))}
                  showInfo={false}
                  size="small"
                  aria-label={t('team.load')}
                />
                <span className="quiet">{t('team.load_of', { load: one.load, capacity: one.capacity })}</span>
              </div>
              <p className="quiet">
                {one.skills.length > 0
                  ? one.skills.map((skill) => <Tag key={skill}>{skill}</Tag>)
                  : t('team.no_skills')}
              </p>
              {may && (
                <Button size="small" onClick={() => edit(one.staff_id)}>
                  {t('skills.edit')}
                  <span className="visually-hidden">{one.name}</span>
                </Button>
              )}
            </li>
          ))}
        </ul>
      </section>
      <Shifts team={items} may={may} />
      <Absences team={items} may={may} />
      {edited && <SkillsDialog of={edited} all={skills.data?.items ?? []} onClose={() => edit(undefined)} />}
    </>
  );
}

function StateTag({ member }: { member: Member }) {
  const { t } = useTranslation('routing');
  if (member.absent) return <Tag color="orange">{t('team.absent')}</Tag>;
  if (!member.on_shift) return <Tag>{t('team.off_shift')}</Tag>;
  const colour = { online: 'green', busy: 'gold', away: 'default', offline: 'default' }[member.state];
  return <Tag color={colour}>{t(`presence.${member.state}`)}</Tag>;
}

function useRemove(path: string, what: string) {
  const { message } = App.useApp();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => del(`${path}/${id}`),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['service', what] });
      void queries.invalidateQueries({ queryKey: ['service', 'team'] });
    },
    onError: (error) => void message.error(messageOf(error)),
  });
}

function Shifts({ team, may }: { team: Member[]; may: boolean }) {
  const { t } = useTranslation('routing');
  const shifts = useShifts();
  const remove = useRemove('/shifts', 'shifts');
  const [adding, add] = useState(false);
  const items = shifts.data?.items ?? [];
  const people = team.filter((one) => items.some((shift) => shift.staff_id === one.staff_id));
  return (
    <section className="panel">
      <div className="routing-head">
        <h2>{t('shift.title')}</h2>
        {may && (
          <Button icon={<PlusOutlined />} onClick={() => add(true)}>
            {t('shift.add')}
          </Button>
        )}
      </div>
      <p className="quiet">{t('shift.note')}</p>
      {shifts.isError && <ErrorView error={shifts.error} onRetry={() => shifts.refetch()} />}
      {people.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a table that scrolls sideways must be reached by keyboard
        <section className="routing-scroll" aria-label={t('shift.title')} tabIndex={0}>
          <table className="routing-week">
            <thead>
              <tr>
                <th scope="col">{t('shift.who')}</th>
                {[1, 2, 3, 4, 5, 6, 7].map((day) => (
                  <th scope="col" key={day}>
                    {t(`weekday.${day}`)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {people.map((one) => (
                <tr key={one.staff_id}>
                  <th scope="row">{one.name}</th>
                  {[1, 2, 3, 4, 5, 6, 7].map((day) => (
                    <td key={day}>
                      {items
                        .filter((shift) => shift.staff_id === one.staff_id && shift.weekday === day)
                        .map((shift) => (
                          <span key={shift.id} className="routing-shift">
                            {clock(shift.from_minute)}–{clock(shift.until_minute)}
                            {shift.until_minute > 1440 && <sup>+1</sup>}
                            {may && (
                              <Button
                                type="text"
                                size="small"
                                icon={<DeleteOutlined />}
                                aria-label={t('shift.remove', {
                                  name: one.name,
                                  day: t(`weekday.${day}`),
                                  from: clock(shift.from_minute),
                                })}
                                onClick={() => remove.mutate(shift.id)}
                              />
                            )}
                          </span>
                        ))}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      {adding && <ShiftDialog team={team} onClose={() => add(false)} />}
    </section>
  );
}

function Absences({ team, may }: { team: Member[]; may: boolean }) {
  const { t } = useTranslation('routing');
  const me = useSession().staff.id;
  const absences = useAbsences();
  const remove = useRemove('/absences', 'absences');
  const [adding, add] = useState(false);
  const items = absences.data?.items ?? [];
  const name = (id: string) => team.find((one) => one.staff_id === id)?.name ?? t('absence.somebody');
  return (
    <section className="panel">
      <div className="routing-head">
        <h2>{t('absence.title')}</h2>
        <Button icon={<PlusOutlined />} onClick={() => add(true)}>
          {t('absence.add')}
        </Button>
      </div>
      <p className="quiet">{t('absence.note')}</p>
      {absences.isError && <ErrorView error={absences.error} onRetry={() => absences.refetch()} />}
      {absences.isSuccess && items.length === 0 && <p>{t('absence.none')}</p>}
      <ul className="routing-lines">
        {items.map((one) => (
          <li key={one.id}>
            <span>
              <b>{name(one.staff_id)}</b> {t(`absence.kind_${one.kind}`)}{' '}
              <span className="quiet">
                <DayText value={one.from_day} /> – <DayText value={one.until_day} />
                {one.note && ` · ${one.note}`}
              </span>
            </span>
            {(may || one.staff_id === me) && (
              <Button size="small" onClick={() => remove.mutate(one.id)}>
                {t('absence.remove')}
                <span className="visually-hidden">{name(one.staff_id)}</span>
              </Button>
            )}
          </li>
        ))}
      </ul>
      {adding && <AbsenceDialog team={team} others={may} onClose={() => add(false)} />}
    </section>
  );
}
