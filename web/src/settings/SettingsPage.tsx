import { Grid, Tabs } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate, useParams } from 'react-router';
import { useCan } from '../api/session';
import { PageHeader } from '../kit/PageHeader';
import { AccountTab } from './AccountTab';
import { AuditTab } from './AuditTab';
import { DepartmentsTab } from './DepartmentsTab';
import { OrganisationTab } from './OrganisationTab';
import { StaffTab } from './StaffTab';
import { TokensTab } from './TokensTab';
import './settings.css';

export default function SettingsPage() {
  const { t } = useTranslation('settings');
  const { tab } = useParams();
  const navigate = useNavigate();
  const can = useCan();
  const phone = !Grid.useBreakpoint().md;
  const all: { key: string; permission?: string; children: ReactNode }[] = [
    { key: 'account', children: <AccountTab /> },
    { key: 'organisation', permission: 'manage_organisation', children: <OrganisationTab /> },
    { key: 'departments', permission: 'manage_staff', children: <DepartmentsTab /> },
    { key: 'staff', permission: 'manage_staff', children: <StaffTab /> },
    { key: 'tokens', permission: 'use_tokens', children: <TokensTab /> },
    { key: 'audit', permission: 'read_audit', children: <AuditTab /> },
  ];
  const tabs = all.filter((one) => can(one.permission));
  return (
    <>
      <PageHeader title={t('common:room.settings')} />
      <Tabs
        className="settings"
        tabPlacement={phone ? 'top' : 'start'}
        activeKey={tabs.some((one) => one.key === tab) ? tab : tabs[0]?.key}
        onChange={(key) => navigate(`/settings/${key}`)}
        destroyOnHidden
        items={tabs.map(({ key, children }) => ({
          key,
          label: t(`tab.${key}`),
          children: <div className="settings-body">{children}</div>,
        }))}
      />
    </>
  );
}
