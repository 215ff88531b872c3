import { randomUUID } from 'node:crypto';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { enter, faults, launch, open, overflow, rawKeys, settle, widths } from './browser';
import { type Server, startServer } from './server';

/** Two entries of one person: found, said to be two, compared, merged, opened by the old id, and parted again. */

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

async function check({ page, errors }: { page: Page; errors: string[] }): Promise<void> {
  await settle(page);
  const at = page.url();
  expect(await faults(page), at).toEqual([]);
  expect(await rawKeys(page), at).toEqual([]);
  expect(await overflow(page), `${at} reaches over the edge`).toBeLessThanOrEqual(0);
  expect(errors, at).toEqual([]);
}

const make = (name: string, more: object) =>
  api<{ id: string }>('POST', '/customers', { name, birthday: '1990-05-01', ...more });

beforeAll(async () => {
  [browser, server] = await Promise.all([launch(), startServer()]);
  boss = await open(browser, widths.desktop, 'zh-CN');
  await enter(boss.page, server.url, server.password);
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

it('two entries become one and are parted again', async () => {
  const { page } = boss;
  const goes = await make('周明月', { phones: ['13812340001'], city: '杭州' });
  const stays = await make('周明月', { phones: ['13812340002'], city: '苏州' });
  await make('林小满', { city: '上海' });
  await make('林小曼', { city: '上海' });

  // Found; two of them are two.
  await page.goto(`${server.url}/customers/duplicates`);
  await page.getByText('姓名相同').waitFor();
  await check(boss);
  await page.getByRole('button', { name: /不是同一人.*林小/ }).click();
  await page.getByRole('link', { name: '林小满' }).waitFor({ state: 'detached' });
  await page.getByText('已排除', { exact: true }).first().click();
  await page.getByRole('link', { name: '林小满' }).waitFor();
  await check(boss);

  // Side by side, from the customer's own page.
  await page.goto(`${server.url}/customers/${stays.id}`);
  await settle(page);
  await page.getByRole('button', { name: '更多' }).click();
  await page.getByRole('menuitem', { name: '合并其他客户…' }).click();
  const asking = page.getByRole('dialog');
  await asking.getByRole('button', { name: '周明月' }).click();
  const dialog = page.getByRole('dialog').filter({ hasText: '合并后' });
  await dialog.getByText('1 个电话', { exact: false }).waitFor();
  const ok = dialog.getByRole('button', { name: '合并到“周明月”' });
  expect(await ok.isDisabled(), 'without a reason').toBe(true);
  const kept = await dialog.getByText('杭州').count();
  expect(kept).toBeGreaterThan(0);
  await check(boss);
  await dialog.getByLabel('合并原因').fill('电话核实为同一人');
  await ok.click();
  await page.getByText('已并入“周明月”').waitFor();
  await check(boss);

  // Whichever of the two went, its id leads to the other.
  const went = await api<{ id: string }>('GET', `/customers/${goes.id}`);
  const [gone, here] = went.id === goes.id ? [stays.id, goes.id] : [goes.id, stays.id];
  await page.goto(`${server.url}/customers/${gone}`);
  await page.getByText('您打开的“周明月”已合并到本客户').waitFor();
  expect(page.url()).toContain(here);
  await check(boss);

  // And apart.
  await page.getByRole('button', { name: /撤销合并/ }).click();
  const parting = page.getByRole('dialog').filter({ hasText: '原样退回' });
  await check(boss);
  await parting.getByRole('button', { name: '撤销合并' }).click();
  await page.getByText('已恢复为单独的客户').waitFor();
  const back = await api<{ id: string; status: string }>('GET', `/customers/${gone}`);
  expect([back.id, back.status]).toEqual([gone, 'active']);
}, 180_000);

it('duplicates and the comparison stand on a phone too', async () => {
  const phone = await open(browser, widths.phone, 'en');
  await phone.context.addCookies(await boss.context.cookies());
  await phone.page.goto(`${server.url}/customers/duplicates`);
  await phone.page.getByText('Same name').first().waitFor();
  await check(phone);
  await phone.page
    .getByRole('button', { name: /Compare and merge/ })
    .first()
    .click();
  await phone.page.getByText('After the merge').waitFor();
  await check(phone);
  await phone.context.close();
}, 120_000);
