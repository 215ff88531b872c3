import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useParams } from 'react-router';
import { useCan } from '../api/session';
import { PageHeader } from '../kit/PageHeader';
import { TabLinks } from '../tiers/parts/TabLinks';
import { AccountTab } from './AccountTab';
import { AuditTab } from './AuditTab';
import { DepartmentsTab } from './DepartmentsTab';
import { FieldsTab } from './FieldsTab';
import { LevelRightsTab } from './LevelRightsTab';
import { OrganisationTab } from './OrganisationTab';
import { SecurityTab } from './SecurityTab';
import { StaffTab } from './StaffTab';
import { TokensTab } from './TokensTab';
import './settings.css';

export default function SettingsPage() {
  const { t } = useTranslation('settings');
  const { tab } = useParams();
  const can = useCan();
  const all: { key: string; permission?: string; children: ReactNode }[] = [
    { key: 'account', children: <AccountTab /> },
    { key: 'organisation', permission: 'manage_organisation', children: <OrganisationTab /> },
    { key: 'fields', permission: 'manage_fields', children: <FieldsTab /> },
    { key: 'departments', permission: 'manage_staff', children: <DepartmentsTab /> },
    { key: 'staff', permission: 'manage_staff', children: <StaffTab /> },
    { key: 'level_rights', permission: 'manage_staff', children: <LevelRightsTab /> },
    { key: 'security', permission: 'manage_security', children: <SecurityTab /> },
    { key: 'tokens', permission: 'use_tokens', children: <TokensTab /> },
    { key: 'audit', permission: 'read_audit', children: <AuditTab /> },
  ];
  const tabs = all.filter((one) => can(one.permission));
  const here = tabs.find((one) => one.key === tab) ?? tabs[0];
  return (
    <>
      <PageHeader title={t('common:room.settings')} />
      <div className="settings">
        <TabLinks
          label={t('common:room.settings')}
          current={here?.key ?? ''}
          items={tabs.map(({ key }) => ({ key, to: `/settings/${key}`, label: t(`tab.${key}`) }))}
        />
        <div className="settings-body">{here?.children}</div>
      </div>
    </>
  );
}
