import i18n from 'i18next';
import { Problem, type ProblemBody } from './problem';

/**
 * The one way to the server: session cookie, the header that proves a same-origin page, an idempotency key on each
 * write, and problem details turned into `Problem`. Everything is under `/api/v1`.
 */
export const API = '/api/v1';

export type QueryValue = string | number | boolean | null | undefined | readonly (string | number)[];
export type Query = Record<string, QueryValue>;

export interface Call {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  query?: Query;
  body?: unknown;
  /** A body sent as it is (a file). */
  raw?: Blob;
  /** The row version that the change was made on, for `If-Match`. */
  version?: number | string;
  signal?: AbortSignal;
  /** Same key + same body = same answer; made when absent. */
  key?: string;
}

/** What a list answers. `next` is the mark for the next page, absent on the last. */
export interface Page<Row> {
  items: Row[];
  next?: string | null;
}

export function url(path: string, query?: Query): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value === undefined || value === null || value === '') continue;
    const text = Array.isArray(value) ? value.join(',') : String(value);
    if (text !== '') search.set(name, text);
  }
  const tail = search.toString();
  return `${API}${path}${tail ? `?${tail}` : ''}`;
}

/** `crypto.randomUUID` exists on secure origins only; a shop's own server may be plain http on the local net. */
export function newKey(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

const signedOut = new Set<() => void>();

/** Told when the server says that the session has ended. */
export function onSignedOut(listener: () => void): () => void {
  signedOut.add(listener);
  return () => signedOut.delete(listener);
}

async function problemOf(response: Response): Promise<Problem> {
  let body: ProblemBody = {};
  try {
    body = (await response.json()) as ProblemBody;
  } catch {
    // Not from our server (a proxy's page): the status has to do.
  }
  return new Problem(response.status, body);
}

const wait = (ms: number) => new Promise((done) => setTimeout(done, ms));

export async function call<T>(path: string, options: Call = {}): Promise<T> {
  const method = options.method ?? 'GET';
  const headers: Record<string, string> = { Accept: 'application/json', 'Accept-Language': i18n.language || 'zh-CN' };
  if (method !== 'GET') {
    headers['X-Zunke'] = '1';
    headers['Idempotency-Key'] = options.key ?? newKey();
  }
  let body: BodyInit | undefined;
  if (options.raw) {
    headers['Content-Type'] = options.raw.type || 'application/octet-stream';
    body = options.raw;
  } else if (options.body !== undefined) {
    headers['Content-Type'] = 'application/json';
    body = JSON.stringify(options.body);
  }
  if (options.version !== undefined) headers['If-Match'] = `"${options.version}"`;

  const send = () =>
    fetch(url(path, options.query), { method, headers, body, signal: options.signal, credentials: 'same-origin' });
  let response: Response;
  try {
    response = await send();
  } catch (cause) {
    if (options.signal?.aborted) throw cause;
    // The line broke. Reads and keyed writes may be sent again without doing anything twice.
    await wait(600);
    try {
      response = await send();
    } catch {
      throw new Problem(0, { code: 'offline' });
    }
  }
  if (!response.ok) {
    const problem = await problemOf(response);
    if (response.status === 401 && path !== '/session') for (const listener of signedOut) listener();
    throw problem;
  }
  if (response.status === 204) return undefined as T;
  const text = await response.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

export const get = <T>(path: string, query?: Query, signal?: AbortSignal) => call<T>(path, { query, signal });
export const post = <T>(path: string, body?: unknown, options?: Call) =>
  call<T>(path, { ...options, method: 'POST', body: body ?? (options?.raw ? undefined : {}) });
export const put = <T>(path: string, body: unknown, options?: Call) =>
  call<T>(path, { ...options, method: 'PUT', body });
export const patch = <T>(path: string, body: unknown, options?: Call) =>
  call<T>(path, { ...options, method: 'PATCH', body });
export const remove = <T = void>(path: string, options?: Call) => call<T>(path, { ...options, method: 'DELETE' });
