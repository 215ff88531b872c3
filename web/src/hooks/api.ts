export interface Webhook {
  id: string;
  name: string;
  url: string;
  events: string[];
  active: boolean;
  stopped: string | null;
  old_until: string | null;
  failures: number;
  failing_since: string | null;
  open_at: string | null;
  succeeded_at: string | null;
  pending: number;
  dead: number;
  version: number;
  secret?: string;
}

export interface EventKind {
  type: string;
  text: { zh: string; en: string };
  can_be_wanted: boolean;
  example: Record<string, unknown>;
}

export type DeliveryState = 'pending' | 'delivered' | 'dead';

export interface Delivery {
  event_id: string;
  type: string;
  at: string;
  state: DeliveryState;
  attempts: number;
  due_at: string | null;
  status: number | null;
  problem: string | null;
  done_at: string | null;
}

export interface DeliveryDetail extends Delivery {
  body: unknown;
  calls: {
    attempt: number;
    at: string;
    took_ms: number;
    status: number | null;
    problem: string | null;
    answer: string | null;
  }[];
}

export interface WebhookSettings {
  allowed_networks: string[];
  version: number;
}

/** How it stands, in one word. */
export function standing(hook: Webhook): 'gone' | 'off' | 'failing' | 'good' | 'fresh' {
  if (hook.stopped) return 'gone';
  if (!hook.active) return 'off';
  if (hook.failing_since) return 'failing';
  return hook.succeeded_at ? 'good' : 'fresh';
}
