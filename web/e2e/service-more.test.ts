import { randomUUID } from 'node:crypto';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enter, faults, launch, open, overflow, rawKeys, settle, widths } from './browser';
import { type Server, startServer } from './server';

/** Who looks after whom, how words come in, and what they say: set up and used, with bad input beside good. */

let browser: Browser;
let server: Server;
let desk: { page: Page; errors: string[]; context: BrowserContext };
let phone: { page: Page; errors: string[]; context: BrowserContext };
const customers: Record<string, string> = {};

interface Answer {
  [name: string]: unknown;
}

interface Policy extends Answer {
  id: string;
  name: string;
  version: number;
  targets: { metric: string; amount: number }[];
}

async function api<T = Answer>(method: string, path: string, data?: unknown, match?: unknown) {
  const answer = await desk.page.request.fetch(`${server.url}/api/v1${path}`, {
    method,
    headers: {
      'X-Zunke': '1',
      'Idempotency-Key': randomUUID(),
      ...(match === undefined ? {} : { 'If-Match': `"${match}"` }),
    },
    ...(data === undefined ? {} : { data }),
  });
  expect(answer.ok(), `${method} ${path}: ${answer.status()} ${await answer.text()}`).toBe(true);
  const text = await answer.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

async function check({ page, errors }: { page: Page; errors: string[] }): Promise<void> {
  await settle(page);
  const at = page.url();
  expect(await faults(page), at).toEqual([]);
  expect(await rawKeys(page), at).toEqual([]);
  expect(await overflow(page), `${at} reaches over the edge`).toBeLessThanOrEqual(0);
  expect(errors, at).toEqual([]);
}

/** Presses what confirms the open dialog. */
const confirm = (page: Page) => page.locator('.ant-modal-footer .ant-btn-primary').last().click();
const gone = (page: Page) => page.locator('.ant-modal-wrap:visible').waitFor({ state: 'detached', timeout: 10_000 });

async function staff(login: string, name: string): Promise<string> {
  const made = await api<{ id: string }>('POST', '/staff', { login, name, role: 'account_manager', reach: 'own' });
  return made.id;
}

beforeAll(async () => {
  browser = await launch();
  server = await startServer();
  desk = await open(browser, widths.desktop, 'zh-CN');
  await enter(desk.page, server.url, server.password);
  phone = await open(browser, widths.phone, 'en');
  await phone.context.addCookies(await desk.context.cookies());
  const [lin, wang] = [await staff('lin', '林小雨'), await staff('wang', '王大力')];
  expect(lin && wang).toBeTruthy();
  for (const [name, number, owner] of [
    ['王小明', '13800138001', lin],
    ['李晓红', '13800138002', lin],
    ['周大福', '13800138003', wang],
  ] as const) {
    const made = await api<{ id: string }>('POST', '/customers', {
      kind: 'person',
      name,
      phones: [number],
      owner_id: owner,
    });
    customers[name] = made.id;
  }
  await api('POST', '/topics', { name: '配送', rules: [{ any: ['快递', '物流'] }] });
  for (const [who, body] of [
    ['王小明', '快递三天没到。太慢了，非常失望！'],
    ['李晓红', '物流一直不动，太差了'],
  ] as const) {
    await api('POST', '/tickets', {
      customer_id: customers[who],
      kind: 'complaint',
      channel: 'phone',
      product: '净水器',
      body,
    });
  }
}, 240_000);

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

describe('managers', () => {
  it('have a deputy with dates, and one without a name is refused beside the field', async () => {
    const { page } = desk;
    await page.goto(`${server.url}/service/managers`);
    await check(desk);
    const card = page.locator('.mg-card, .panel, li').filter({ hasText: '林小雨' }).last();
    await card.getByRole('button', { name: /代\s?理\s?人/ }).click();
    await confirm(page);
    await page.getByText('请选择代理人').waitFor();
    await check(desk);
    await page.getByRole('dialog').locator('.ant-select').first().click();
    await page.locator('.ant-select-item-option').getByText('王大力').click();
    await confirm(page);
    await page
      .getByText(/代理：王大力/)
      .first()
      .waitFor();
    await page.keyboard.press('Escape');
  });

  it('hand everything over, and the next one reads what was agreed on the customer’s page', async () => {
    const { page } = desk;
    await page.goto(`${server.url}/service/managers/hand-over`);
    await page.getByLabel('交出人').click();
    await page.locator('.ant-select-item-option').getByText('林小雨').click();
    await page.getByText('3. 约定与告知').waitFor();
    await page.getByPlaceholder(/已承诺的事项/).fill('周五前回电王小明');
    await check(desk);
    await page.getByRole('button', { name: '开始交接' }).click();
    await page.locator('.ant-modal-confirm-btns .ant-btn-primary').click();
    await page.waitForURL(/\/service\/hand-overs\//);
    await page.getByText('周五前回电王小明').waitFor();
    await check(desk);
    await page.goto(`${server.url}/customers/${customers.王小明}?tab=care`);
    await page.getByText('由林小雨交接而来').waitFor();
    await page.getByText('周五前回电王小明').waitFor();
    await page.getByText(/王小明您好/).waitFor();
    await check(desk);
  });

  it('are looked up on a phone too', async () => {
    for (const path of [
      '/service/managers',
      '/service/managers/hand-over',
      '/service/visits',
      '/service/return-visits',
    ]) {
      await phone.page.goto(server.url + path);
      await check(phone);
    }
  });
});

describe('ways in', () => {
  it('takes a form that says what is missing, and what a stranger sends by it', async () => {
    const { page } = desk;
    await page.goto(`${server.url}/service/intake/forms`);
    await page.getByRole('button', { name: '新建表单' }).first().click();
    await confirm(page);
    await page.getByText('此项必填').first().waitFor();
    await check(desk);
    await page.getByRole('dialog').locator('input').first().fill('官网留言');
    await confirm(page);
    await gone(page);
    await page.getByText('官网留言').first().waitFor();
    await check(desk);
    const { items } = await api<{ items: { key: string }[] }>('GET', '/service-forms');
    const stranger = await open(browser, widths.phone, 'zh-CN');
    await stranger.page.goto(`${server.url}/form/${items[0]?.key}`);
    await stranger.page.locator('textarea').first().waitFor();
    expect(await overflow(stranger.page)).toBeLessThanOrEqual(0);
    await stranger.context.close();
  });

  it('shows the secret of a hook once, and refuses a pointer that is none', async () => {
    const { page } = desk;
    await page.goto(`${server.url}/service/intake/hooks`);
    await page
      .getByRole('button', { name: /添加接口|添加消息接口/ })
      .first()
      .click();
    const dialog = page.getByRole('dialog');
    await dialog.locator('input').nth(0).fill('企业微信');
    await dialog.locator('input').nth(1).fill('text.content');
    await confirm(page);
    await page
      .getByText(/JSON 指针/)
      .first()
      .waitFor();
    await check(desk);
    await dialog.locator('input').nth(1).fill('/text/content');
    await confirm(page);
    await page
      .getByText(/whsec_/)
      .first()
      .waitFor();
    await check(desk);
  });

  it('names the field of a mailbox that is not whole, and has each page on a phone', async () => {
    const { page } = desk;
    await page.goto(`${server.url}/service/intake`);
    await page.getByRole('button', { name: '添加邮箱' }).first().click();
    await confirm(page);
    await page.getByText('此项必填').first().waitFor();
    await check(desk);
    for (const tab of ['', '/forms', '/hooks', '/public']) {
      await phone.page.goto(`${server.url}/service/intake${tab}`);
      await check(phone);
    }
  });
});

describe('customers’ voices', () => {
  it('become an improvement with one press, and another joins it', async () => {
    const { page } = desk;
    await page.goto(`${server.url}/service/voices?tab=said`);
    await expect
      .poll(
        async () => {
          await page.reload();
          await settle(page);
          return page.locator('.voice-said').count();
        },
        { timeout: 60_000 },
      )
      .toBe(2);
    await check(desk);
    const [first, second] = [
      page.locator('.voice-said', { hasText: '快递三天没到' }),
      page.locator('.voice-said', { hasText: '物流一直不动' }),
    ];
    await first.getByRole('button', { name: '生成改进项' }).click();
    await page.getByText('已生成改进项“快递三天没到”。').waitFor();
    await second.getByRole('button', { name: '加入已有改进项' }).click();
    await page.getByRole('menuitem', { name: '快递三天没到' }).click();
    await page.getByText('已加入改进项“快递三天没到”。').waitFor();
    await page.getByRole('button', { name: '去看看' }).last().click();
    await page.waitForURL(/\/service\/improvements\?open=/);
    const drawer = page.getByRole('dialog');
    await drawer.getByText('王小明').waitFor();
    await drawer.getByText('李晓红').waitFor();
    await check(desk);
  });

  it('are shown beside a ticket that is like them', async () => {
    const { page } = desk;
    const { items } = await api<{ items: { id: string; subject: string }[] }>('GET', '/tickets?sort=-opened');
    const near = await api<{ items: { ticket_id: string }[] }>('GET', `/tickets/${items[0]?.id}/similar`);
    await page.goto(`${server.url}/service/tickets/${items[0]?.id}`);
    await settle(page);
    expect(near.items.length).toBe(1);
    await page.locator('.similar').getByText('同一商品').waitFor();
    await check(desk);
  });

  it('have topics whose faults stand beside the field', async () => {
    const { page } = desk;
    await page.goto(`${server.url}/service/voices?tab=topics`);
    await page.getByRole('button', { name: '新建主题' }).click();
    await confirm(page);
    await page.getByText('请填写名称').waitFor();
    await page.getByText('至少填一个词').waitFor();
    await check(desk);
    for (const tab of ['trend', 'said', 'topics']) {
      await phone.page.goto(`${server.url}/service/voices?tab=${tab}`);
      await check(phone);
    }
  });
});

describe('a customer’s words, taken down on a phone', () => {
  it('need four touches and the words themselves', async () => {
    const { page } = phone;
    await page.goto(`${server.url}/service/note`);
    await check(phone);
    let touches = 0;
    const tap = async (what: ReturnType<Page['locator']>) => {
      touches += 1;
      await what.tap();
    };
    // The words have the focus already: whoever opens the page may speak or type at once.
    await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe('TEXTAREA');
    await page.keyboard.type('师傅没有按时上门，等了一下午');
    await tap(page.locator('.note-form .ant-segmented-item', { hasText: 'Question' }));
    await tap(page.locator('input[type="tel"]'));
    await page.keyboard.type('13800138003');
    await tap(page.getByRole('button', { name: 'Save as a ticket' }));
    await page.locator('.ant-result-success').waitFor();
    await tap(page.getByRole('button', { name: /Next|another/i }));
    expect(touches).toBe(4);
    await expect.poll(() => page.locator('.note-form textarea').first().inputValue()).toBe('');
    const { items } = await api<{ items: { subject: string; customer: { name: string } | null; channel: string }[] }>(
      'GET',
      '/tickets?sort=-opened&limit=1',
    );
    expect(items[0]).toMatchObject({ channel: 'staff', customer: { name: '周大福' } });
    await check(phone);
  });
});

describe('the open page of rules', () => {
  it('states the promises as they are in force, and changes with them', async () => {
    const made = await api<{ id: string }>('POST', '/tiering/programmes', { template: 'retail' });
    await api('POST', `/tiering/programmes/${made.id}/publish`, { note: '上线' });
    const settings = { base_url: 'https://vip.zunke.example', rules: { on: true } };
    await api('PUT', '/service/public', settings);
    const stranger = await open(browser, widths.phone, 'zh-CN');
    await stranger.page.goto(`${server.url}/rules`);
    await stranger.page.getByText('咨询：工作时间 2 小时内首次回复， 24 小时内解决').first().waitFor();
    expect(await overflow(stranger.page)).toBeLessThanOrEqual(0);
    const { items } = await api<{ items: Policy[] }>('GET', '/service-policies');
    const found = items.find((one) => one.name === 'VIP');
    if (!found) throw new Error('no policy for VIPs');
    const { id, version, place: _, updated_at: __, targets, ...kept } = found;
    const slower = targets.map((one) => (one.metric === 'first_response' ? { ...one, amount: 180 } : one));
    await api('PATCH', `/service-policies/${id}`, { ...kept, targets: slower }, version);
    await stranger.page.reload();
    await stranger.page.getByText('咨询：工作时间 3 小时内首次回复， 24 小时内解决').first().waitFor();
    await stranger.context.close();
  });
});
