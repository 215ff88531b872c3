export const KINDS = ['complaint', 'suggestion', 'question', 'praise'] as const;
export const PRIORITIES = ['urgent', 'high', 'normal', 'low'] as const;
export const STATES = ['new', 'open', 'waiting', 'held', 'solved', 'closed', 'cancelled'] as const;
export const CHANNELS = ['form', 'member_page', 'email', 'phone', 'message', 'survey', 'staff', 'api'] as const;
/** States in which somebody has yet to do something, or something is waited for. */
export const UNDONE = ['new', 'open', 'waiting', 'held'] as const;

export type Kind = (typeof KINDS)[number];
export type Priority = (typeof PRIORITIES)[number];
export type State = (typeof STATES)[number];
export type Channel = (typeof CHANNELS)[number];

export const isActive = (state: string) => state === 'new' || state === 'open';
export const isDone = (state: string) => state === 'solved' || state === 'closed' || state === 'cancelled';

export interface Named {
  id: string;
  name: string;
}

export interface TicketRow {
  id: string;
  number: number;
  customer: (Named & { level_id?: string | null; level_rank: number }) | null;
  sender?: string | null;
  kind: Kind;
  priority: Priority;
  state: State;
  channel: Channel;
  subject: string;
  urgent: boolean;
  assignee: Named | null;
  group: Named | null;
  next_metric?: string | null;
  next_due_at?: string | null;
  opened_at: string;
  updated_at: string;
  last_words?: string | null;
  last_side?: 'customer' | 'staff' | 'system' | null;
  product?: string | null;
  level_rank: number;
  solved_at?: string | null;
  version: number;
}

export interface Ticket extends TicketRow {
  opened_rank: number;
  sender_keys?: { phone?: string; email?: string; external?: [string, string] } | null;
  merged_into?: string | null;
  parent_id?: string | null;
  manual_due?: unknown;
  first_response_at?: string | null;
  closed_at?: string | null;
  reopened: number;
  csat?: number | null;
}

export interface Card {
  id: string;
  name: string;
  level_id?: string | null;
  level_rank: number;
  score?: number | null;
  region?: string | null;
  city?: string | null;
  owner_id?: string | null;
  owner_name?: string | null;
  net_spend: string;
  orders: number;
  last_order_day?: string | null;
  open_tickets: number;
  visible: boolean;
  /** His data are to be kept only. */
  restricted?: boolean;
}

export type Side = 'customer' | 'staff' | 'system';
export type Visibility = 'public' | 'internal';

export interface Message {
  id: string;
  at: string;
  side: Side;
  visibility: Visibility;
  channel: Channel;
  automatic: boolean;
  author: string;
  staff_id?: string | null;
  body: string;
  quoted?: string | null;
  delivery: 'none' | 'waiting' | 'sent' | 'failed';
  delivery_detail?: string | null;
}

export interface TicketEvent {
  seq: number;
  at: string;
  staff: string | null;
  kind: string;
  detail: Record<string, unknown>;
}

export interface TicketFile {
  id: string;
  message_id?: string | null;
  name: string;
  media_type: string;
  bytes: number;
  staff_id?: string | null;
  added_at: string;
}

export interface TicketLink {
  other_id: string;
  kind: string;
}

export interface Task {
  id: string;
  kind: string;
  title: string;
  department_id?: string | null;
  assignee_id?: string | null;
  due_at?: string | null;
  state: 'open' | 'done' | 'cancelled';
  /** Must be done before the ticket is solved. */
  required: boolean;
  version: number;
}

export interface WholeTicket {
  ticket: Ticket;
  customer: Card | null;
  messages: Message[];
  events: TicketEvent[];
  links: TicketLink[];
  tasks: Task[];
  files: TicketFile[];
  staff: Record<string, string>;
}

export interface Lot {
  active: number;
  waiting: number;
  overdue: number;
  soon: number;
}

export interface Counts {
  mine: Lot;
  unassigned: Lot;
  tasks: number;
  states?: { state: State; tickets: number }[];
  people?: (Lot & { staff_id: string; name: string })[];
}

/** What the stream tells of a ticket. */
export interface TicketNews {
  ticket_id: string;
  number: number;
  version: number;
  state: State;
  assignee_id: string | null;
  group_id: string | null;
  urgent: boolean;
  last_side: string | null;
  opened_at: string;
  updated_at: string;
}
