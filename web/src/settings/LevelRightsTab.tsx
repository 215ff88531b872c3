import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Checkbox, Segmented, Skeleton } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get, put } from '../api/client';
import { messageOf } from '../api/problem';
import { ErrorView } from '../kit/ErrorView';
import { LevelBadge } from '../kit/level';
import { useLevels } from '../kit/useLevels';

const roles = ['operations_manager', 'account_manager', 'agent', 'analyst'] as const;
const deeds = ['see', 'edit', 'categorise', 'archive'] as const;
type Role = (typeof roles)[number];
type Deed = (typeof deeds)[number];

interface Right extends Record<Deed, boolean> {
  role: string;
  rank: number;
}

interface Rights {
  rights: Right[];
  version: number;
}

/** What each role may do with customers of each level. What is not held back is allowed. */
export function LevelRightsTab() {
  const { t } = useTranslation('settings');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const { levels } = useLevels();
  const [role, setRole] = useState<Role>('operations_manager');
  const [held, setHeld] = useState<Right[]>();
  const stored = useQuery({
    queryKey: ['level-rights'],
    queryFn: ({ signal }) => get<Rights>('/level-rights', undefined, signal),
  });
  useEffect(() => {
    if (stored.data) setHeld(stored.data.rights);
  }, [stored.data]);
  const save = useMutation({
    mutationFn: () => put<Rights>('/level-rights', { rights: held ?? [] }, { version: stored.data?.version ?? 0 }),
    onSuccess: (saved) => {
      message.success(t('common:saved'));
      queries.setQueryData(['level-rights'], saved);
    },
  });
  if (stored.isError) return <ErrorView error={stored.error} onRetry={() => stored.refetch()} />;
  if (!held || !stored.data) return <Skeleton active />;

  const of = (rank: number): Right =>
    held.find((right) => right.role === role && right.rank === rank) ?? {
      role,
      rank,
      see: true,
      edit: true,
      categorise: true,
      archive: true,
    };
  const set = (rank: number, deed: Deed, on: boolean) => {
    const next = { ...of(rank), [deed]: on };
    // Who is not seen can't be touched; and who is to be touched must be seen.
    if (deed === 'see' && !on) Object.assign(next, { edit: false, categorise: false, archive: false });
    if (deed !== 'see' && on) next.see = true;
    const rest = held.filter((right) => right.role !== role || right.rank !== rank);
    setHeld(deeds.every((one) => next[one]) ? rest : [...rest, next]);
  };
  const ranks = [...levels].sort((a, b) => b.rank - a.rank);
  const changed = JSON.stringify(sorted(held)) !== JSON.stringify(sorted(stored.data.rights));
  return (
    <section className="panel">
      <div className="settings-head">
        <h2>{t('tab.level_rights')}</h2>
      </div>
      <p className="quiet">{t('right.note')}</p>
      {save.isError && <Alert type="error" showIcon title={messageOf(save.error)} style={{ marginBottom: 16 }} />}
      <div className="right-roles">
        <Segmented<Role>
          value={role}
          onChange={setRole}
          aria-label={t('staff.role')}
          options={roles.map((value) => ({ value, label: t(`role.${value}`) }))}
        />
      </div>
      <div className="right-scroll">
        <table className="rights">
          <thead>
            <tr>
              <th scope="col">{t('right.level')}</th>
              {deeds.map((deed) => (
                <th scope="col" key={deed}>
                  {t(`right.${deed}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {[...ranks, undefined].map((level) => {
              const rank = level?.rank ?? 0;
              const name = level?.name ?? t('kit:level.none');
              const right = of(rank);
              return (
                <tr key={rank}>
                  <th scope="row">{level ? <LevelBadge {...level} /> : name}</th>
                  {deeds.map((deed) => (
                    <td key={deed}>
                      <Checkbox
                        checked={right[deed]}
                        aria-label={`${name} ${t(`right.${deed}`)}`}
                        onChange={(event) => set(rank, deed, event.target.checked)}
                      />
                    </td>
                  ))}
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      <p className="quiet">{t('right.also')}</p>
      <Button type="primary" disabled={!changed} loading={save.isPending} onClick={() => save.mutate()}>
        {t('common:action.save')}
      </Button>
    </section>
  );
}

const sorted = (rights: Right[]) =>
  [...rights]
    .sort((a, b) => a.role.localeCompare(b.role) || a.rank - b.rank)
    .map((one) => [one.role, one.rank, ...deeds.map((deed) => one[deed])]);
