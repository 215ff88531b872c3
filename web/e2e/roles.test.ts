import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { enter, faults, launch, open, overflow, rawKeys, settle, widths } from './browser';
import { type Server, startServer } from './server';

let server: Server;
let browser: Browser;
let page: Page;
let errors: string[];

beforeAll(async () => {
  server = await startServer('--demo');
  browser = await launch();
  const opened = await open(browser, widths.desktop, 'zh-CN');
  page = opened.page;
  errors = opened.errors;
  await enter(page, server.url, server.password);
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

test('a role is made, limited and given, and the product is seen with its eyes', async () => {
  await page.goto(`${server.url}/settings/roles`);
  await settle(page);
  expect(await rawKeys(page)).toEqual([]);
  expect(await faults(page)).toEqual([]);

  // Without a name it is refused, in place.
  await page.getByRole('button', { name: '新建角色' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: /新\s*建/ }).click();
  await dialog.getByText('必填').or(dialog.getByText('请填写')).first().waitFor();
  await dialog.getByRole('textbox', { name: '角色名称' }).fill('客服主管');
  await dialog.getByRole('button', { name: /新\s*建/ }).click();
  await dialog.waitFor({ state: 'hidden' });
  await page.getByRole('button', { name: /客服主管/ }).waitFor();

  await page.getByRole('checkbox', { name: '修改客户' }).uncheck();
  await page.getByRole('combobox', { name: '生日' }).click();
  await page.locator('.ant-select-dropdown:visible').getByText('隐藏', { exact: true }).click();
  await page.getByRole('button', { name: /保\s*存/ }).click();
  await page.getByText('已保存').first().waitFor();

  // Given to somebody, whose eyes are then tried on.
  await page.goto(`${server.url}/settings/staff`);
  await settle(page);
  const row = page.getByRole('row').filter({ hasText: 'care' });
  await row.getByRole('button').first().click();
  const drawer = page.getByRole('dialog');
  await drawer.getByRole('combobox', { name: '角色' }).click();
  await page.locator('.ant-select-dropdown:visible').getByText('客服主管').click();
  await drawer.getByRole('button', { name: /保\s*存/ }).click();
  await drawer.waitFor({ state: 'hidden' });
  await row.getByText('客服主管').waitFor();
  await row.getByRole('button').first().click();
  await drawer.getByRole('button', { name: '以其身份查看' }).click();
  const begin = page.getByRole('button', { name: '开始查看' });
  expect(await begin.isDisabled()).toBe(true);
  await page.getByRole('textbox', { name: '原因（记入审计）' }).fill('她说看不到生日');
  await begin.click();
  await page.getByRole('status').filter({ hasText: '只能浏览' }).waitFor();
  const link = page.locator('a[href^="/customers/cus_"]').first();
  await page.goto(`${server.url}/customers`);
  await settle(page);
  await page.getByRole('status').filter({ hasText: '只能浏览' }).waitFor();
  const path = await link.getAttribute('href');
  await page.goto(`${server.url}${path}`);
  await settle(page);
  expect(await page.locator('.profile').first().innerText()).not.toContain('生日');
  expect(await page.getByRole('button', { name: '编辑' }).count()).toBe(0);
  await page.getByRole('status').getByRole('button').click();
  await page.getByRole('status').filter({ hasText: '只能浏览' }).waitFor({ state: 'hidden' });

  // Who sees this customer, and why.
  await page.goto(`${server.url}${path}`);
  await settle(page);
  await page.getByRole('button', { name: '更多' }).click();
  await page.getByText('谁能看到', { exact: true }).click();
  const why = page.getByRole('dialog');
  await why.getByRole('combobox').click();
  await page.locator('.ant-select-dropdown:visible .ant-select-item').first().click();
  await why.locator('.why-steps li').first().waitFor();
  expect(errors).toEqual([]);
}, 120_000);

test('a group is entered with its days, and wrong days are told in place', async () => {
  await page.goto(`${server.url}/settings/roles/groups`);
  await settle(page);
  expect(await rawKeys(page)).toEqual([]);
  await page.getByRole('button', { name: '新建小组' }).click();
  const drawer = page.getByRole('dialog');
  await drawer.getByRole('textbox', { name: '小组名称' }).fill('双十一支援');
  await drawer.getByRole('button', { name: '添加成员' }).click();
  await drawer.getByRole('button', { name: /保\s*存/ }).click();
  await drawer.locator('.ant-form-item-explain-error').first().waitFor();
  await drawer.getByRole('combobox', { name: '员工' }).click();
  await page.locator('.ant-select-dropdown:visible .ant-select-item').first().click();
  await drawer.getByRole('button', { name: /保\s*存/ }).click();
  await drawer.waitFor({ state: 'hidden' });
  await page.getByRole('button', { name: /双十一支援/ }).waitFor();
  expect(errors).toEqual([]);
}, 60_000);

test('roles and groups fit a phone, in English', async () => {
  const context = page.context();
  const phone = await context.newPage();
  await phone.setViewportSize(widths.phone);
  await phone.addInitScript(() => localStorage.setItem('zunke.language', 'en'));
  for (const path of ['/settings/roles', '/settings/roles/groups']) {
    await phone.goto(`${server.url}${path}`);
    await settle(phone);
    expect(await rawKeys(phone), path).toEqual([]);
    expect(await overflow(phone), path).toBe(0);
    expect(await faults(phone), path).toEqual([]);
  }
  await phone.close();
}, 60_000);
