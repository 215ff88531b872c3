import { API } from '../../api/client';
import type { TicketNews } from './types';

/**
 * News of tickets for all tabs of one browser over one connection. A browser opens six connections to a server and no
 * more: an agent with a dozen tickets open would have none left for anything else. So the tab that holds the lock
 * listens and hands on; where locks are not to be had (plain http), a tab listens while it is looked at.
 */
export type Live = { kind: 'ticket'; news: TicketNews } | { kind: 'all' } | { kind: 'state'; on: boolean };

const CHANNEL = 'zunke.live';
/** The server says that it is there every twenty seconds. */
const SILENT_MS = 50_000;

type Listener = (live: Live) => void;

const listeners = new Set<Listener>();
let channel: BroadcastChannel | undefined;
let source: EventSource | undefined;
let heard = 0;
let watch: ReturnType<typeof setInterval> | undefined;
let release: (() => void) | undefined;
let waiting: AbortController | undefined;
let connected = false;

const tellHere = (live: Live) => {
  if (live.kind === 'state') connected = live.on;
  for (const listener of listeners) listener(live);
};

function tell(live: Live) {
  tellHere(live);
  channel?.postMessage(live);
}

function close() {
  source?.close();
  source = undefined;
  clearInterval(watch);
}

function open() {
  close();
  const fresh = new EventSource(`${API}/service/stream`);
  source = fresh;
  heard = Date.now();
  const alive = () => {
    heard = Date.now();
  };
  fresh.addEventListener('ready', () => {
    alive();
    tell({ kind: 'state', on: true });
  });
  fresh.addEventListener('beat', alive);
  fresh.addEventListener('ticket', (event) => {
    alive();
    tell({ kind: 'ticket', news: JSON.parse((event as MessageEvent<string>).data) as TicketNews });
  });
  fresh.addEventListener('all', () => {
    alive();
    tell({ kind: 'all' });
  });
  // A stream that ends comes back by itself; one that was refused does not.
  fresh.addEventListener('error', () => {
    if (fresh.readyState === EventSource.CLOSED) tell({ kind: 'state', on: false });
  });
  watch = setInterval(() => {
    if (Date.now() - heard < SILENT_MS) return;
    tell({ kind: 'state', on: false });
    // What was told meanwhile is not known: everything is looked at again.
    open();
    tell({ kind: 'all' });
  }, 10_000);
}

const seen = () => document.visibilityState === 'visible';

function whenSeen() {
  if (seen() && !source) {
    open();
    tellHere({ kind: 'all' });
  } else if (!seen()) close();
}

function start() {
  if (typeof EventSource === 'undefined') return;
  if (typeof BroadcastChannel !== 'undefined') {
    channel = new BroadcastChannel(CHANNEL);
    channel.addEventListener('message', (event: MessageEvent<Live | { kind: 'hello' }>) => {
      // A new tab asks whether the line stands.
      if (event.data.kind === 'hello') {
        if (source) channel?.postMessage({ kind: 'state', on: connected });
      } else tellHere(event.data);
    });
  }
  if (channel && navigator.locks) {
    const asked = new AbortController();
    waiting = asked;
    navigator.locks
      .request(CHANNEL, { signal: asked.signal }, () => {
        open();
        return new Promise<void>((done) => {
          release = done;
        });
      })
      .catch(() => undefined);
    channel.postMessage({ kind: 'hello' });
  } else {
    document.addEventListener('visibilitychange', whenSeen);
    whenSeen();
  }
}

function stop() {
  waiting?.abort();
  release?.();
  release = undefined;
  close();
  channel?.close();
  channel = undefined;
  connected = false;
  document.removeEventListener('visibilitychange', whenSeen);
}

/** Hears what happens to tickets until the answer is called. */
export function listen(listener: Listener): () => void {
  listeners.add(listener);
  if (listeners.size === 1) start();
  else listener({ kind: 'state', on: connected });
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) stop();
  };
}
