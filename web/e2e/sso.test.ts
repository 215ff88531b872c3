import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { enter, faults, launch, open, overflow, rawKeys, settle, widths } from './browser';
import { type Server, startServer } from './server';

/** A colleague signs in with the account of the company, at a real provider; the directory ends him, and he is out. */

let browser: Browser;
let server: Server;
let boss: { page: Page; errors: string[]; context: BrowserContext };
let provider: ChildProcess | undefined;
let port = 0;

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

function startProvider(redirect: string): Promise<void> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'sso-provider.mjs'), String(port), redirect], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  provider = child;
  let log = '';
  child.stderr?.on('data', (chunk) => {
    log += chunk;
  });
  return new Promise((done, failed) => {
    child.stdout?.on('data', (chunk) => String(chunk).includes('ready') && done());
    child.once('exit', (code) => failed(new Error(`the provider ended with ${code}: ${log.slice(-2000)}`)));
  });
}

async function api<T>(method: string, path: string, data?: unknown): Promise<T> {
  const answer = await boss.page.request.fetch(`${server.url}/api/v1${path}`, {
    method,
    headers: { 'X-Zunke': '1', 'Idempotency-Key': randomUUID() },
    ...(data === undefined ? {} : { data }),
  });
  expect(answer.ok(), `${method} ${path}: ${answer.status()} ${await answer.text()}`).toBe(true);
  return (await answer.json()) as T;
}

async function check(page: Page, errors: string[]): Promise<void> {
  await settle(page);
  const at = page.url();
  expect(await faults(page), at).toEqual([]);
  expect(await rawKeys(page), at).toEqual([]);
  expect(await overflow(page), `${at} reaches over the edge`).toBeLessThanOrEqual(0);
  expect(errors, at).toEqual([]);
}

/** From the door to the provider, and signed in there. */
async function sayWho(page: Page, login: string): Promise<void> {
  await page.goto(`${server.url}/login?next=%2Fcustomers`);
  await page.getByRole('link', { name: '使用公司账号登录' }).click();
  await page.waitForURL((at) => at.port === String(port));
  await page.locator('input[name="login"]').fill(login);
  await page.locator('input[name="password"]').fill('whatever');
  await page.locator('button[type="submit"]').click();
  // The provider asks once whether this house may know who he is.
  await page.locator('button[type="submit"]').click();
}

beforeAll(async () => {
  port = await freePort();
  [browser, server] = await Promise.all([launch(), startServer()]);
  boss = await open(browser, widths.desktop, 'zh-CN');
  await enter(boss.page, server.url, server.password);
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await server?.stop();
  provider?.kill();
});

it('the administrator adds a provider, is told what is wrong with it, and tries it', async () => {
  const { page, errors } = boss;
  await page.goto(`${server.url}/settings/sign-in`);
  await check(page, errors);
  await page.getByRole('button', { name: '添加登录方式' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: /新\s*建$/ }).click();
  await dialog.getByText('请填写', { exact: true }).first().waitFor();
  await dialog.getByLabel('名称').fill('公司账号');
  await dialog.getByLabel('发行方地址').fill(`http://127.0.0.1:${port}`);
  await dialog.getByLabel('客户端 ID').fill('zunke');
  await dialog.getByLabel('客户端密钥').fill('a secret with signs: +%/=');
  await dialog.getByText('自动创建员工', { exact: true }).click();
  await dialog.getByRole('button', { name: /新\s*建$/ }).click();
  await dialog.getByText('请填写', { exact: true }).first().waitFor();
  await dialog.getByLabel('新员工的角色').click();
  await page.getByTitle('客服', { exact: true }).click();
  await dialog.getByRole('button', { name: /新\s*建$/ }).click();
  await dialog.getByText('该地址位于内部网络', { exact: false }).first().waitFor();
  await api('PUT', '/webhook-settings', { allowed_networks: ['127.0.0.1'] });
  await dialog.getByRole('button', { name: /新\s*建$/ }).click();
  await dialog.waitFor({ state: 'hidden' });
  await page.getByRole('button', { name: /测\s*试/ }).click();
  await page.getByText('对方拒绝连接', { exact: false }).waitFor();
  const { items } = await api<{ items: { redirect_uri: string }[] }>('GET', '/sign-in-providers');
  await startProvider(items[0]?.redirect_uri ?? '');
  await page.getByRole('button', { name: /测\s*试/ }).click();
  await page.getByText('连接正常', { exact: false }).waitFor();
  await check(page, errors);
});

it('a colleague signs in there and is let in here; who cancels is back at the door', async () => {
  const { page, errors, context } = await open(browser, widths.phone, 'zh-CN');
  await page.goto(`${server.url}/login`);
  await page.getByRole('link', { name: '使用公司账号登录' }).waitFor();
  await check(page, errors);
  await page.getByRole('link', { name: '使用公司账号登录' }).click();
  await page.waitForURL((at) => at.port === String(port));
  await page.getByText('Cancel', { exact: false }).click();
  await page.getByText('已取消登录。').waitFor();
  await check(page, errors);

  await sayWho(page, 'wang');
  await page.waitForURL(`${server.url}/customers`);
  const session = await page.request.get(`${server.url}/api/v1/session`);
  expect((await session.json()).staff).toMatchObject({ login: 'wang', name: '同事 wang', role: 'agent' });
  expect(errors.filter((line) => line.includes(server.url))).toEqual([]);
  await context.close();

  // Somebody's account is not his who merely bears its name.
  const other = await open(browser, widths.desktop, 'zh-CN');
  await sayWho(other.page, 'admin');
  await other.page.getByText('该账号尚未与您关联', { exact: false }).waitFor();
  await other.context.close();

  await boss.page.reload();
  await boss.page.getByText('已关联 1 人').waitFor();
  await boss.page.getByRole('button', { name: '关联员工' }).click();
  await boss.page.getByRole('dialog').getByText('同事 wang').waitFor();
  await check(boss.page, boss.errors);
});

it('the directory ends him, and he is out at once', async () => {
  const { page, errors } = boss;
  const his = await open(browser, widths.desktop, 'zh-CN');
  await sayWho(his.page, 'wang');
  await his.page.waitForURL(`${server.url}/customers`);

  await page.goto(`${server.url}/settings/sign-in`);
  await page.getByRole('button', { name: '新建密钥' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: /新\s*建$/ }).click();
  await dialog.getByText('请填写', { exact: true }).waitFor();
  await dialog.getByLabel('用于哪个目录').fill('Entra ID');
  await dialog.getByRole('button', { name: /新\s*建$/ }).click();
  const key = await page.locator('.secret code').innerText();
  expect(key).toMatch(/^zd_[0-9a-f]{64}$/);
  await page.getByRole('button', { name: /已保存好/ }).click();
  await check(page, errors);

  const headers = { Authorization: `Bearer ${key}`, 'Content-Type': 'application/scim+json' };
  const filter = new URLSearchParams({ filter: 'userName eq "wang"' });
  const found = await page.request.get(`${server.url}/scim/v2/Users?${filter}`, { headers });
  const [wang] = (await found.json()).Resources;
  const ended = await page.request.patch(`${server.url}/scim/v2/Users/${wang.id}`, {
    headers,
    data: JSON.stringify({ Operations: [{ op: 'Replace', path: 'active', value: 'False' }] }),
  });
  expect(ended.ok(), await ended.text()).toBe(true);
  await his.page.goto(`${server.url}/customers`);
  await his.page.waitForURL((at) => at.pathname === '/login');
  // The provider knows him still.
  await his.page.getByRole('link', { name: '使用公司账号登录' }).click();
  await his.page.getByText('您的账号已停用', { exact: false }).waitFor();
  await his.context.close();
});
