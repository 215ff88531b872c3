import { randomUUID } from 'node:crypto';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { enter, faults, launch, open, overflow, rawKeys, settle, widths } from './browser';
import { type Server, startServer } from './server';

/** What is personal is shown to who says why, leaves the house when two agree, and goes when the person wants it to. */

let browser: Browser;
let server: Server;
let boss: { page: Page; errors: string[]; context: BrowserContext };

async function api<T>(method: string, path: string, data?: unknown) {
  const answer = await boss.page.request.fetch(`${server.url}/api/v1${path}`, {
    method,
    headers: { 'X-Zunke': '1', 'Idempotency-Key': randomUUID() },
    ...(data === undefined ? {} : { data }),
  });
  expect(answer.ok(), `${method} ${path}: ${answer.status()} ${await answer.text()}`).toBe(true);
  return (await answer.json()) as T;
}

async function check(): Promise<void> {
  const { page, errors } = boss;
  await settle(page);
  const at = page.url();
  expect(await faults(page), at).toEqual([]);
  expect(await rawKeys(page), at).toEqual([]);
  expect(await overflow(page), `${at} reaches over the edge`).toBeLessThanOrEqual(0);
  expect(errors, at).toEqual([]);
}

beforeAll(async () => {
  [browser, server] = await Promise.all([launch(), startServer()]);
  boss = await open(browser, widths.desktop, 'zh-CN');
  await enter(boss.page, server.url, server.password);
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

it('a number is shown in full to who says why, and it is written down', async () => {
  const { page } = boss;
  const customer = await api<{ id: string }>('POST', '/customers', { name: '顾言', phones: ['13912345678'] });
  await page.goto(`${server.url}/customers/${customer.id}`);
  await page.getByText('139 **** 5678').or(page.getByText('139****5678')).first().waitFor();
  await page.getByRole('button', { name: '显示完整号码' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: /查\s*看/ }).click();
  await dialog.getByText('请填写查看原因').waitFor();
  await dialog.getByLabel('查看原因').fill('回电确认到货');
  await check();
  await dialog.getByRole('button', { name: /查\s*看/ }).click();
  await expect.poll(async () => (await page.locator('body').innerText()).replaceAll(' ', '')).toContain('13912345678');
  await check();
  const record = await api<{ items: { action: string; detail: { reason?: string } }[] }>('GET', '/audit?limit=50');
  const shown = record.items.find((one) => one.action === 'customer.reveal');
  expect(shown?.detail.reason).toBe('回电确认到货');
});

it('a large file leaves the house when somebody else agrees', async () => {
  const { page } = boss;
  const settings = await page.request.get(`${server.url}/api/v1/privacy/settings`);
  const changed = await page.request.put(`${server.url}/api/v1/privacy/settings`, {
    headers: {
      'X-Zunke': '1',
      'Idempotency-Key': randomUUID(),
      'If-Match': settings.headers().etag ?? '',
    },
    data: { ...((await settings.json()) as object), export_approval_above: 0 },
  });
  expect(changed.ok(), await changed.text()).toBe(true);
  const made = await api<{ one_time_password: string }>('POST', '/staff', {
    login: 'lin',
    name: '林审批',
    role: 'operations_manager',
  });
  await page.goto(`${server.url}/customers`);
  await settle(page);
  await page.getByRole('button', { name: /导\s*出/ }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('CSV').click();
  await dialog.getByLabel('用途').fill('季度盘点');
  await dialog.getByRole('button', { name: /导\s*出/ }).click();
  await page.waitForURL(/exports/);
  await page.getByText('待审批', { exact: true }).waitFor();
  // Nobody agrees to his own.
  expect(await page.getByRole('button', { name: /同\s*意/ }).count()).toBe(0);
  await check();

  const other = await open(browser, widths.desktop, 'zh-CN');
  const headers = { 'X-Zunke': '1', 'Idempotency-Key': randomUUID() };
  const session = `${server.url}/api/v1/session`;
  await other.page.request.post(session, { headers, data: { login: 'lin', password: made.one_time_password } });
  const own = 'tea-and-porcelain-2468';
  await other.page.request.post(`${session}/password`, {
    headers: { ...headers, 'Idempotency-Key': randomUUID() },
    data: { current: made.one_time_password, new: own },
  });
  await other.page.request.post(session, { headers, data: { login: 'lin', password: own } });
  await other.page.goto(`${server.url}/customers/exports`);
  await settle(other.page);
  await other.page.getByRole('button', { name: /同\s*意/ }).click();
  await other.page
    .getByRole('dialog')
    .getByRole('button', { name: /同\s*意/ })
    .click();
  await other.page.getByText('可下载').waitFor({ timeout: 30_000 });
  // He has agreed, and does not have it.
  expect(await other.page.getByRole('button', { name: '下载' }).count()).toBe(0);
  await other.context.close();

  await page.reload();
  const link = page.getByRole('link', { name: /下\s*载/ });
  await link.waitFor();
  const file = await page.request.get(new URL((await link.getAttribute('href')) ?? '', server.url).href);
  const text = await file.text();
  expect(text).toContain('顾言');
  expect(text).toContain('E-00001');
  expect(text).not.toContain('13912345678');
  await check();
}, 120_000);

it('a customer agrees, asks to be erased, and is gone but for the sums', async () => {
  const { page } = boss;
  const customer = await api<{ id: string }>('POST', '/customers', {
    name: '沈秘书',
    phones: ['13812340000'],
    note: '喜欢龙井',
  });

  // What he agreed to.
  await page.goto(`${server.url}/customers/${customer.id}?tab=privacy`);
  await settle(page);
  await page.getByRole('button', { name: '登记授权' }).click();
  const consent = page.getByRole('dialog');
  await consent.getByText('第 1 版', { exact: false }).waitFor();
  await consent.getByRole('button', { name: /保\s*存/ }).click();
  await page.getByText('全部渠道 同意', { exact: false }).waitFor();
  await check();

  // What he asks for.
  await page.getByRole('button', { name: '登记请求' }).click();
  const asking = page.getByRole('dialog');
  await asking.getByLabel('类型').click();
  await page.locator('.ant-select-item-option', { hasText: '删除' }).click();
  await asking.getByLabel('客户原话').fill('请把我的资料都删掉');
  await asking.getByRole('button', { name: '登记请求' }).click();
  await page.getByRole('link', { name: 'P-0001' }).click();
  await settle(page);
  await check();

  // A slip of the hand erases nobody.
  await page.getByRole('button', { name: '执行匿名化' }).click();
  const doing = page.getByRole('dialog').filter({ hasText: '匿名化不可撤销' });
  await doing.getByText('将保留', { exact: false }).waitFor();
  await doing.getByLabel('身份核验').fill('回拨登记手机');
  await doing.getByLabel('输入客户姓名“沈秘书”确认').fill('沈某');
  await doing.getByRole('button', { name: '执行匿名化' }).click();
  await doing.getByText('与客户姓名不一致').waitFor();
  await doing.getByLabel('输入客户姓名“沈秘书”确认').fill('沈秘书');
  await doing.getByRole('button', { name: '执行匿名化' }).click();
  await page.getByRole('link', { name: '匿名化证明' }).click();
  await page.getByText('手机、邮箱、外部编号').waitFor();
  await check();
  expect(await page.locator('body').innerText()).not.toContain('沈秘书');

  // And nothing of him is left.
  await page.goto(`${server.url}/customers/${customer.id}?tab=privacy`);
  await page.getByText('该客户已匿名化').waitFor();
  await check();
  const found = await api<{ count: number }>('GET', '/customers/count?status=all&search=13812340000');
  expect(found.count).toBe(0);
  const again = await page.request.post(`${server.url}/api/v1/customers`, {
    headers: { 'X-Zunke': '1', 'Idempotency-Key': randomUUID() },
    data: { name: '沈秘书', phones: ['13812340000'] },
  });
  expect(((await again.json()) as { code: string }).code).toBe('customer_erased');
}, 120_000);

it('every part of privacy stands on a phone too', async () => {
  const phone = await open(browser, widths.phone, 'en');
  const cookies = await boss.context.cookies();
  await phone.context.addCookies(cookies);
  for (const path of [
    '/settings/privacy',
    '/settings/privacy/texts',
    '/settings/privacy/retention',
    '/settings/privacy/rules',
    '/customers/exports',
  ]) {
    await phone.page.goto(server.url + path);
    await settle(phone.page);
    expect(await faults(phone.page), path).toEqual([]);
    expect(await rawKeys(phone.page), path).toEqual([]);
    expect(await overflow(phone.page), path).toBeLessThanOrEqual(0);
    expect(phone.errors, path).toEqual([]);
  }
  await phone.context.close();
}, 120_000);
