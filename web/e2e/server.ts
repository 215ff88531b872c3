import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** A real server on a database of its own, thrown away at the end. */
export interface Server {
  url: string;
  /** The one-time password of `admin`. */
  password: string;
  stop: () => Promise<void>;
}

function binary(): string {
  const asked = process.env.ZUNKE_BINARY;
  const target = process.env.CARGO_TARGET_DIR ?? resolve(import.meta.dirname, '../../target');
  const found = [asked, join(target, 'debug/zunke'), join(target, 'release/zunke')].find(
    (path) => path && existsSync(path),
  );
  if (!found) throw new Error('no zunke binary: build it (cargo build -p zunke) or set ZUNKE_BINARY');
  return found;
}

function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const probe = createServer();
    probe.once('error', failed);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => (address && typeof address === 'object' ? done(address.port) : failed(new Error('no port'))));
    });
  });
}

export async function startServer(...more: string[]): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), 'zunke-e2e-'));
  const port = await freePort();
  const child: ChildProcess = spawn(
    binary(),
    ['--json', '--database', `sqlite:${join(folder, 'zunke.db')}`, 'serve', '--listen', `127.0.0.1:${port}`, ...more],
    { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const stop = async () => {
    const ended = new Promise((done) => child.once('exit', done));
    if (child.exitCode === null) {
      child.kill('SIGTERM');
      await ended;
    }
    rmSync(folder, { recursive: true, force: true });
  };
  let log = '';
  child.stderr?.on('data', (chunk) => {
    log += chunk;
  });
  const greeting = await new Promise<{ url: string; administrator?: { one_time_password: string } }>((done, failed) => {
    let text = '';
    child.stdout?.on('data', (chunk) => {
      text += chunk;
      const line = text.split('\n').find((one) => one.trim().startsWith('{') && one.trim().endsWith('}'));
      if (line) done(JSON.parse(line));
    });
    child.once('exit', (code) => failed(new Error(`the server ended with ${code}: ${log.slice(-2000)}`)));
    setTimeout(() => failed(new Error(`the server did not start in time: ${log.slice(-2000)}`)), 60_000).unref();
  }).catch(async (error) => {
    await stop();
    throw error;
  });
  return { url: greeting.url, password: greeting.administrator?.one_time_password ?? '', stop };
}
