import type { ComponentType } from 'react';
import { createBrowserRouter, Navigate, type RouteObject } from 'react-router';
import { RouteError } from './shell/RouteError';
import { Shell } from './shell/Shell';

/** One page. `name` is a key of the `common` words; `permission` is what the session must hold to open it. */
export interface Entry {
  path: string;
  name: string;
  permission?: string;
  page: () => Promise<{ default: ComponentType }>;
}

/** Every page of the signed-in app, room by room. A room adds its lines here and nothing else outside its folder. */
export const entries: Entry[] = [
  { path: '/', name: 'room.today', page: () => import('./today/TodayPage') },

  { path: '/customers', name: 'room.customers', page: () => import('./customers/CustomersPage') },
  { path: '/customers/segments', name: 'page.segments', page: () => import('./customers/SegmentsPage') },
  {
    path: '/customers/duplicates',
    name: 'page.duplicates',
    permission: 'merge_customers',
    page: () => import('./merge/DuplicatesPage'),
  },
  { path: '/customers/tags/:tab?', name: 'page.tags', page: () => import('./customers/TagsPage') },
  {
    path: '/customers/imports',
    name: 'page.imports',
    permission: 'import_customers',
    page: () => import('./imports/ImportsPage'),
  },
  {
    path: '/customers/imports/new',
    name: 'page.import_new',
    permission: 'import_customers',
    page: () => import('./imports/ImportPage'),
  },
  {
    path: '/customers/imports/:id',
    name: 'page.import',
    permission: 'import_customers',
    page: () => import('./imports/ImportPage'),
  },
  {
    path: '/customers/exports',
    name: 'page.exports',
    permission: 'export_customers',
    page: () => import('./privacy/ExportsPage'),
  },
  { path: '/customers/:id', name: 'page.customer', page: () => import('./customers/CustomerPage') },

  { path: '/tiers/:tab?', name: 'room.tiers', page: () => import('./tiers/TiersPage') },

  {
    path: '/service',
    name: 'page.my_work',
    permission: 'read_tickets',
    page: () => import('./service/desk/MyWorkPage'),
  },
  {
    path: '/service/board',
    name: 'page.board',
    permission: 'read_tickets',
    page: () => import('./service/desk/BoardPage'),
  },
  {
    path: '/service/tickets',
    name: 'page.tickets',
    permission: 'read_tickets',
    page: () => import('./service/desk/TicketsPage'),
  },
  {
    path: '/service/words',
    name: 'page.words',
    permission: 'read_tickets',
    page: () => import('./service/desk/WordsPage'),
  },
  {
    path: '/service/tickets/new',
    name: 'page.ticket_new',
    permission: 'work_tickets',
    page: () => import('./service/desk/NewTicketPage'),
  },
  {
    path: '/service/tickets/:id',
    name: 'page.ticket',
    permission: 'read_tickets',
    page: () => import('./service/desk/TicketPage'),
  },

  {
    path: '/service/voices',
    name: 'page.voices',
    permission: 'read_tickets',
    page: () => import('./service/voices/VoicesPage'),
  },
  {
    path: '/service/improvements',
    name: 'page.improvements',
    permission: 'read_tickets',
    page: () => import('./service/improvements/ImprovementsPage'),
  },
  {
    path: '/service/return-visits',
    name: 'page.return_visits',
    permission: 'read_tickets',
    page: () => import('./service/returns/ReturnVisitsPage'),
  },
  {
    path: '/service/reports',
    name: 'page.service_reports',
    permission: 'read_tickets',
    page: () => import('./service/reports/ReportsPage'),
  },

  {
    path: '/service/policies',
    name: 'page.policies',
    permission: 'read_tickets',
    page: () => import('./service/policies/PoliciesPage'),
  },
  {
    path: '/service/calendars',
    name: 'page.calendars',
    permission: 'read_tickets',
    page: () => import('./service/calendars/CalendarsPage'),
  },
  {
    path: '/service/routing/:tab?',
    name: 'page.routing',
    permission: 'read_tickets',
    page: () => import('./service/routing/RoutingPage'),
  },

  {
    path: '/service/managers',
    name: 'page.managers',
    permission: 'read_tickets',
    page: () => import('./service/managers/ManagersPage'),
  },
  {
    path: '/service/managers/hand-over',
    name: 'page.hand_over',
    permission: 'manage_service',
    page: () => import('./service/managers/HandOverPage'),
  },
  {
    path: '/service/hand-overs/:id',
    name: 'page.hand_over',
    permission: 'read_tickets',
    page: () => import('./service/managers/ProtocolPage'),
  },
  {
    path: '/service/intake/:tab?',
    name: 'page.intake',
    permission: 'manage_service',
    page: () => import('./service/intake/IntakePage'),
  },
  {
    path: '/service/note',
    name: 'page.note',
    permission: 'work_tickets',
    page: () => import('./service/note/NotePage'),
  },
  {
    path: '/service/visits',
    name: 'page.visits',
    permission: 'read_tickets',
    page: () => import('./service/visits/VisitsPage'),
  },
  {
    path: '/service/visits/new',
    name: 'page.visit_new',
    permission: 'work_tickets',
    page: () => import('./service/visits/RecordPage'),
  },
  {
    path: '/service/tasks',
    name: 'page.tasks',
    permission: 'read_tickets',
    page: () => import('./service/tasks/TasksPage'),
  },

  {
    path: '/settings/roles/:part?',
    name: 'page.roles',
    permission: 'manage_staff',
    page: () => import('./roles/RolesPage'),
  },
  {
    path: '/settings/webhooks/:id?',
    name: 'page.webhooks',
    permission: 'manage_hooks',
    page: () => import('./hooks/WebhooksPage'),
  },
  {
    path: '/settings/sign-in',
    name: 'page.sign_in',
    permission: 'manage_sign_in',
    page: () => import('./signin/SignInPage'),
  },
  {
    path: '/settings/vault',
    name: 'page.vault',
    permission: 'manage_fields',
    page: () => import('./vault/VaultPage'),
  },
  {
    path: '/settings/backup',
    name: 'page.backup',
    permission: 'manage_backups',
    page: () => import('./backup/BackupPage'),
  },
  {
    path: '/settings/privacy/:part?',
    name: 'page.privacy',
    permission: 'manage_privacy',
    page: () => import('./privacy/PrivacyPage'),
  },
  {
    path: '/privacy/copies/:id',
    name: 'page.privacy',
    permission: 'manage_privacy',
    page: () => import('./privacy/CopyPage'),
  },
  {
    path: '/privacy/certificates/:id',
    name: 'page.privacy',
    permission: 'manage_privacy',
    page: () => import('./privacy/CertificatePage'),
  },
  { path: '/settings/:tab?', name: 'room.settings', page: () => import('./settings/SettingsPage') },
];

/** The page's own chunk, fetched when it is first opened. */
const lazy = (page: Entry['page']) => async () => ({ Component: (await page()).default });

const pages: RouteObject[] = entries.map((entry) => ({
  path: entry.path,
  lazy: lazy(entry.page),
  handle: entry,
  errorElement: <RouteError />,
}));

export const router = createBrowserRouter([
  { path: '/login', lazy: lazy(() => import('./access/LoginPage')), errorElement: <RouteError /> },
  {
    element: <Shell />,
    errorElement: <RouteError />,
    hydrateFallbackElement: <div />,
    children: [...pages, { path: '*', element: <Navigate to="/" replace /> }],
  },
]);
