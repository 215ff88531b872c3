import { type ComponentType, type LazyExoticComponent, lazy } from 'react';

/** The groups of the room's pages, in their order: the first row of tabs. */
export const GROUPS = ['overview', 'watch', 'rules', 'analysis'] as const;
export type Group = (typeof GROUPS)[number];

interface Tab {
  group: Group;
  /** What the session must hold to open it. */
  permission?: string;
  Page: LazyExoticComponent<ComponentType>;
}

/** Every page of the room: a line here, and its name under `tab` in both word tables. */
export const TABS = {
  overview: { group: 'overview', Page: lazy(() => import('./OverviewTab')) },
  changes: { group: 'overview', Page: lazy(() => import('./ChangesTab')) },
  observations: { group: 'watch', Page: lazy(() => import('./life/ObservationsTab')) },
  queue: { group: 'watch', Page: lazy(() => import('./life/QueueTab')) },
  runs: { group: 'watch', permission: 'manage_tiering', Page: lazy(() => import('./life/RunsTab')) },
  rules: { group: 'rules', permission: 'simulate_tiering', Page: lazy(() => import('./RulesTab')) },
  versions: { group: 'rules', Page: lazy(() => import('./VersionsTab')) },
  programmes: { group: 'rules', Page: lazy(() => import('./programmes/ProgrammesTab')) },
  rfm: { group: 'analysis', Page: lazy(() => import('./RfmTab')) },
  ltv: { group: 'analysis', Page: lazy(() => import('./LtvTab')) },
  potentials: { group: 'analysis', Page: lazy(() => import('./PotentialsTab')) },
} satisfies Record<string, Tab>;

export type TabName = keyof typeof TABS;

export const isTab = (name: string | undefined): name is TabName => !!name && name in TABS;
export const tabOf = (name: TabName): Tab => TABS[name];
