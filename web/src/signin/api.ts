import { Problem } from '../api/problem';
import type { Schemas } from '../api/types';

export type Kind = 'oidc' | 'wecom';

export interface Settings {
  name: string;
  kind: Kind;
  issuer: string;
  client_id: string;
  agent_id: string;
  scopes: string;
  login_claim: string;
  login_url: string;
  api_url: string;
  unknown: 'refuse' | 'create';
  role: Schemas['Staff']['role'] | null;
  department_id: string | null;
  link_by_login: boolean;
  trusts_second_step: boolean;
}

export interface Provider {
  id: string;
  enabled: boolean;
  settings: Settings;
  has_secret: boolean;
  redirect_uri: string;
  people: number;
  created_at: string;
  version: number;
}

export interface Identity {
  subject: string;
  staff_id: string;
  staff_name: string;
  staff_login: string;
  linked_by: string | null;
  linked_at: string;
  seen_at: string | null;
}

export interface DirectoryKey {
  id: string;
  name: string;
  role: Schemas['Staff']['role'];
  department_id: string | null;
  created_at: string;
  used_at: string | null;
  key?: string;
}

export interface Trial {
  ok: boolean;
  reason: string | null;
}

/** Whom others may let in: everybody but administrators. */
export const roles = ['operations_manager', 'account_manager', 'agent', 'analyst'] as const;

export const usual = {
  scopes: 'openid profile email',
  login_claim: 'preferred_username',
  login_url: 'https://login.work.weixin.qq.com',
  api_url: 'https://qyapi.weixin.qq.com',
};

/** The faults of an answer at the fields of a form that it has; whether there were any. */
export function marked(
  error: unknown,
  has: (field: string) => boolean,
  set: (faults: { name: string; errors: string[] }[]) => void,
): boolean {
  if (!(error instanceof Problem)) return false;
  const faults = Object.entries(error.fields).filter(([field]) => has(field));
  set(faults.map(([name, text]) => ({ name, errors: [text] })));
  return faults.length > 0;
}

/** The word for a trial that failed; `rest` is what it could not say. */
export function reasonKey(reason: string): { key: string; rest: string } {
  if (reason === 'wecom_60020' || reason === 'wecom_40001' || reason === 'wecom_40013')
    return { key: reason, rest: '' };
  const wecom = /^wecom_(-?\d+)$/.exec(reason);
  if (wecom) return { key: 'wecom_other', rest: wecom[1] ?? '' };
  const plain = reason.replace(/^(discovery|keys)_/, '');
  const status = /^status_(\d+)$/.exec(plain);
  if (status) return { key: 'status', rest: status[1] ?? '' };
  const known = ['timeout', 'name_unknown', 'connection_refused', 'tls', 'address_refused', 'issuer_differs'];
  if (known.includes(plain)) return { key: plain, rest: '' };
  if (['answer_no_json', 'incomplete', 'answer_too_long'].includes(plain)) return { key: 'no_provider', rest: '' };
  return { key: plain === 'none' ? 'no_keys' : 'other', rest: reason };
}
