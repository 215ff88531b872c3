import { PlusOutlined } from '@ant-design/icons';
import { Button, Skeleton, Tag } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCan } from '../../api/session';
import { listed } from '../../i18n';
import { Empty } from '../../kit/Empty';
import { ErrorView } from '../../kit/ErrorView';
import { type Group, useGroups, useTeam } from './api';
import { GroupDialog } from './GroupDialog';
import { useRankName } from './LevelPick';

/** The groups that tickets are routed to. */
export default function GroupsTab() {
  const { t } = useTranslation('routing');
  const may = useCan()('manage_service');
  const groups = useGroups();
  const team = useTeam();
  const rank = useRankName();
  const [editing, edit] = useState<Group | 'new'>();
  if (groups.isError) return <ErrorView error={groups.error} onRetry={() => groups.refetch()} />;
  if (!groups.data) return <Skeleton active />;
  const items = groups.data.items;
  const name = (id: string) => team.data?.items.find((one) => one.staff_id === id)?.name;
  const groupName = (id: string | null) => items.find((one) => one.id === id)?.name;
  const add = may && (
    <Button type="primary" icon={<PlusOutlined />} onClick={() => edit('new')}>
      {t('group.new')}
    </Button>
  );
  return (
    <section className="panel">
      <div className="routing-head">
        <p className="quiet">{t('group.pool', { n: groups.data.waiting })}</p>
        {items.length > 0 && add}
      </div>
      {items.length === 0 && <Empty title={t('group.none')} note={t('group.none_note')} action={add || undefined} />}
      <ul className="routing-cards">
        {items.map((group) => {
          const members = group.members.map(name).filter((one) => one !== undefined);
          return (
            <li key={group.id} className={group.archived ? 'archived' : undefined}>
              <div className="routing-card-head">
                <h3>{group.name}</h3>
                {group.archived && <Tag>{t('group.archived')}</Tag>}
                <span className="routing-number">{t('group.waiting', { n: group.waiting })}</span>
              </div>
              <p>{group.levels ? listed(group.levels.map(rank)) : t('any_level')}</p>
              <p className="quiet">
                {t(group.pushes ? 'group.pushes' : 'group.pulls')} · {t('group.members', { n: group.members.length })}
                {members.length > 0 && ` · ${listed(members.slice(0, 6))}${members.length > 6 ? ' …' : ''}`}
              </p>
              {group.overflow_id && (
                <p className="quiet">
                  {t('group.overflows', { n: group.overflow_after_min, to: groupName(group.overflow_id) })}
                </p>
              )}
              {may && (
                <Button size="small" onClick={() => edit(group)}>
                  {t('common:action.edit')}
                  <span className="visually-hidden">{group.name}</span>
                </Button>
              )}
            </li>
          );
        })}
      </ul>
      {editing && (
        <GroupDialog group={editing === 'new' ? undefined : editing} groups={items} onClose={() => edit(undefined)} />
      )}
    </section>
  );
}
