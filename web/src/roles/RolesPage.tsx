import { useTranslation } from 'react-i18next';
import { useParams } from 'react-router';
import { PageHeader } from '../kit/PageHeader';
import { TabLinks } from '../tiers/parts/TabLinks';
import { Groups } from './Groups';
import { RoleList } from './RoleList';
import './roles.css';

const parts = ['roles', 'groups'] as const;

/** What people may do: roles as sets of rights, and groups that add or take away for some days. */
export default function RolesPage() {
  const { t } = useTranslation('roles');
  const { part } = useParams();
  const here = part === 'groups' ? 'groups' : 'roles';
  return (
    <>
      <PageHeader title={t('title')} />
      <TabLinks
        label={t('title')}
        current={here}
        items={parts.map((key) => ({
          key,
          to: key === 'roles' ? '/settings/roles' : '/settings/roles/groups',
          label: t(`part.${key}`),
        }))}
      />
      <div className="roles-body">{here === 'groups' ? <Groups /> : <RoleList />}</div>
    </>
  );
}
