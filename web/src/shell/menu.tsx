import { CrownOutlined, CustomerServiceOutlined, HomeOutlined, SettingOutlined, TeamOutlined } from '@ant-design/icons';
import type { ReactNode } from 'react';

export interface MenuEntry {
  to: string;
  name: string;
  icon?: ReactNode;
  permission?: string;
  children?: MenuEntry[];
}

/** The rooms that exist, in the order of the day's work. */
export const menu: MenuEntry[] = [
  { to: '/', name: 'room.today', icon: <HomeOutlined /> },
  {
    to: '/customers',
    name: 'room.customers',
    icon: <TeamOutlined />,
    children: [
      { to: '/customers', name: 'page.customers' },
      { to: '/customers/segments', name: 'page.segments' },
      { to: '/customers/tags', name: 'page.tags' },
      { to: '/customers/duplicates', name: 'page.duplicates', permission: 'merge_customers' },
      { to: '/customers/imports', name: 'page.imports', permission: 'import_customers' },
      { to: '/customers/exports', name: 'page.exports', permission: 'export_customers' },
    ],
  },
  { to: '/tiers', name: 'room.tiers', icon: <CrownOutlined /> },
  {
    to: '/service',
    name: 'room.service',
    icon: <CustomerServiceOutlined />,
    permission: 'read_tickets',
    children: [
      { to: '/service', name: 'page.my_work', permission: 'read_tickets' },
      { to: '/service/board', name: 'page.board', permission: 'read_tickets' },
      { to: '/service/tickets', name: 'page.tickets', permission: 'read_tickets' },
      { to: '/service/tasks', name: 'page.tasks', permission: 'read_tickets' },
      { to: '/service/note', name: 'page.note', permission: 'work_tickets' },
      { to: '/service/visits', name: 'page.visits', permission: 'read_tickets' },
      { to: '/service/return-visits', name: 'page.return_visits', permission: 'read_tickets' },
      { to: '/service/voices', name: 'page.voices', permission: 'read_tickets' },
      { to: '/service/improvements', name: 'page.improvements', permission: 'read_tickets' },
      { to: '/service/reports', name: 'page.service_reports', permission: 'read_tickets' },
      { to: '/service/managers', name: 'page.managers', permission: 'read_tickets' },
      { to: '/service/routing', name: 'page.routing', permission: 'read_tickets' },
      { to: '/service/policies', name: 'page.policies', permission: 'read_tickets' },
      { to: '/service/calendars', name: 'page.calendars', permission: 'read_tickets' },
      { to: '/service/intake', name: 'page.intake', permission: 'manage_service' },
      { to: '/service/words', name: 'page.words', permission: 'read_tickets' },
    ],
  },
  {
    to: '/settings',
    name: 'room.settings',
    icon: <SettingOutlined />,
    children: [
      { to: '/settings', name: 'room.settings' },
      { to: '/settings/roles', name: 'page.roles', permission: 'manage_staff' },
      { to: '/settings/privacy', name: 'page.privacy', permission: 'manage_privacy' },
      { to: '/settings/sign-in', name: 'page.sign_in', permission: 'manage_sign_in' },
      { to: '/settings/webhooks', name: 'page.webhooks', permission: 'manage_hooks' },
      { to: '/settings/vault', name: 'page.vault', permission: 'manage_fields' },
      { to: '/settings/backup', name: 'page.backup', permission: 'manage_backups' },
    ],
  },
];
