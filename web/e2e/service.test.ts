import { randomUUID } from 'node:crypto';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enter, faults, launch, open, overflow, rawKeys, settle, widths } from './browser';
import { type Server, startServer } from './server';

/** An agent's day from the keyboard, and a manager's day from a phone, on one and the same company. */

const PASSWORD = '晴空一鹤排云上-便引诗情到碧霄';

let browser: Browser;
let server: Server;
let boss: { page: Page; errors: string[]; context: BrowserContext };
const staff: Record<string, string> = {};
const customers: Record<string, string> = {};

interface Answer {
  [name: string]: unknown;
}

/** The API as somebody's own session asks it. */
async function api<T = Answer>(page: Page, method: string, path: string, data?: unknown, match?: unknown) {
  const answer = await page.request.fetch(`${server.url}/api/v1${path}`, {
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

async function check(page: Page, errors: string[]): Promise<void> {
  await settle(page);
  const at = page.url();
  expect(await faults(page), at).toEqual([]);
  expect(await rawKeys(page), at).toEqual([]);
  expect(await overflow(page), `${at} reaches over the edge`).toBeLessThanOrEqual(0);
  expect(errors, at).toEqual([]);
}

/** A colleague who has changed the one-time password and is signed in on a page of his own. */
async function colleague(
  name: string,
  login: string,
  role: string,
  width: keyof typeof widths,
  language: 'zh-CN' | 'en',
) {
  const made = await api<{ id: string; one_time_password: string }>(boss.page, 'POST', '/staff', {
    login,
    name,
    role,
    reach: 'all',
  });
  staff[name] = made.id;
  const opened = await open(browser, widths[width], language);
  const { page } = opened;
  await api(page, 'POST', '/session', { login, password: made.one_time_password });
  await api(page, 'POST', '/session/password', { current: made.one_time_password, new: PASSWORD });
  if (language === 'en') await api(page, 'PATCH', '/session', { locale: 'en' });
  return opened;
}

/** A ticket as it comes in by phone; answers its id. */
async function ticket(who: string, kind: string, subject: string, more: Answer = {}): Promise<string> {
  const { id } = await api<{ id: string }>(boss.page, 'POST', '/tickets', {
    ...(customers[who] ? { customer_id: customers[who] } : {}),
    kind,
    channel: 'phone',
    subject,
    body: `${subject}，麻烦尽快处理一下。`,
    ...more,
  });
  return id;
}

const give = (id: string, to: string) => api(boss.page, 'POST', `/tickets/${id}/assign`, { staff_id: staff[to] });

beforeAll(async () => {
  browser = await launch();
  server = await startServer();
  boss = await open(browser, widths.desktop, 'zh-CN');
  await enter(boss.page, server.url, server.password);
  for (const [name, phone] of [
    ['王小明', '13800138001'],
    ['李晓红', '13800138002'],
    ['周大福', '13800138003'],
  ] as const) {
    const made = await api<{ id: string }>(boss.page, 'POST', '/customers', { kind: 'person', name, phones: [phone] });
    customers[name] = made.id;
  }
}, 240_000);

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

describe('an agent’s day from the keyboard', () => {
  let page: Page;
  let errors: string[];
  let close: () => Promise<void>;

  beforeAll(async () => {
    const opened = await colleague('林小雨', 'lin', 'agent', 'desktop', 'zh-CN');
    ({ page, errors } = opened);
    close = () => opened.context.close();
  });

  afterAll(async () => {
    await close?.();
  });

  it('begins with nothing to do, and says so', async () => {
    await page.goto(`${server.url}/service`);
    await page.getByText('手上没有工单').waitFor();
    await check(page, errors);
    await page.keyboard.press('?');
    await page.getByRole('dialog').getByText('领取下一单').waitFor();
    await page.keyboard.press('Escape');
  });

  it('takes the next ticket, answers and solves it in three presses and the text', async () => {
    await ticket('王小明', 'complaint', '快递三天没到');
    await page.goto(`${server.url}/service`);
    await settle(page);
    await page.keyboard.press('n');
    await page.waitForURL(/\/service\/tickets\/tkt_/);
    await page.getByRole('heading', { name: /快递三天没到/ }).waitFor();
    await check(page, errors);
    await page.keyboard.press('r');
    await page.keyboard.type('您好，已为您加急，今天送达。');
    await page.keyboard.press('Control+Shift+Enter');
    await page.getByText('已解决。').first().waitFor();
    await page.locator('.said.staff').getByText('今天送达').waitFor();
    await check(page, errors);
  });

  it('hears of a new ticket without a reload', async () => {
    await page.goto(`${server.url}/service`);
    await page.getByText('实时更新').waitFor();
    const id = await ticket('李晓红', 'question', '发票怎么开');
    await give(id, '林小雨');
    await page.locator('.tk-line b', { hasText: '发票怎么开' }).waitFor({ timeout: 8_000 });
    await check(page, errors);
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/service\/tickets\/tkt_/);
  });

  it('keeps what is typed over a reload, and a note apart from an answer', async () => {
    await page.getByRole('heading', { name: /发票怎么开/ }).waitFor();
    await page.keyboard.press('r');
    await page.keyboard.type('可以开电子发票');
    await page.reload();
    await page.getByRole('heading', { name: /发票怎么开/ }).waitFor();
    expect(await page.locator('.composer textarea').inputValue()).toBe('可以开电子发票');
    await page.keyboard.press('i');
    await page.locator('.composer.note').waitFor();
    expect(await page.locator('.composer textarea').inputValue()).toBe('');
    await page.keyboard.type('税号找财务确认');
    await check(page, errors);
    await page.keyboard.press('Control+Enter');
    await page.locator('.said.internal').getByText('税号找财务确认').waitFor();
    await page.keyboard.press('r');
    expect(await page.locator('.composer textarea').inputValue()).toBe('可以开电子发票');
    await page.keyboard.press('Escape');
  });

  it('is told when a colleague has the same ticket open and writes', async () => {
    const at = page.url();
    await boss.page.goto(at);
    await boss.page.getByRole('heading', { name: /发票怎么开/ }).waitFor();
    await boss.page.locator('.composer textarea').fill('我来回');
    await page.getByText(/正在写回复/).waitFor({ timeout: 30_000 });
    await check(page, errors);
    await boss.page.locator('.composer textarea').fill('');
    await boss.page.goto(`${server.url}/`);
  });

  it('puts it into the urgent lane with a reason, hangs a file on it and gives a task to somebody', async () => {
    await page.keyboard.press('u');
    const dialog = page.getByRole('dialog');
    await dialog.locator('textarea').fill('客户明天要报销');
    await check(page, errors);
    await dialog.locator('textarea').press('Control+Enter');
    await page.locator('.tk-urgent').first().waitFor();
    await page.locator('.composer input[type="file"]').setInputFiles({
      name: '抬头.txt',
      mimeType: 'text/plain',
      buffer: Buffer.from('某某公司'),
    });
    await page.locator('.files').getByText('抬头.txt').waitFor();
    await page.locator('.side-head button').click();
    await page.getByRole('dialog').getByLabel('要做什么').fill('核对税号');
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /添\s?加/ })
      .click();
    await page.locator('.tasks').getByText('核对税号').waitFor();
    await page.locator('.tasks input[type="checkbox"]').click();
    await page.locator('.tasks .done').waitFor();
    await check(page, errors);
  });

  it('says in words what happened', async () => {
    await page.getByText('全部动态').click();
    await page
      .locator('.happened')
      .getByText(/放入加急通道（客户明天要报销）/)
      .waitFor();
    await page
      .locator('.happened')
      .getByText(/完成了任务“核对税号”/)
      .waitFor();
    await check(page, errors);
  });

  it('finds out whose ticket it is', async () => {
    const id = await ticket('', 'question', '会员积分没到账', { sender: '周先生', phone: '13900000009' });
    await page.goto(`${server.url}/service/tickets/${id}`);
    await page.locator('.unknown-card').waitFor();
    await check(page, errors);
    const find = page.locator('.unknown-card .ant-select');
    await find.click();
    await page.keyboard.type('周大福');
    await page.locator('.ant-select-item-option').getByText('周大福').click();
    await page.locator('.side-name').getByText('周大福').waitFor();
    await check(page, errors);
  });

  it('joins what belongs together', async () => {
    await ticket('周大福', 'question', '积分再问一次');
    const again = page.url();
    await page.getByRole('button', { name: '更多' }).click();
    await page.getByText('并入另一工单…').click();
    await page.getByRole('dialog').locator('.ant-select').click();
    await page
      .locator('.ant-select-item-option')
      .getByText(/积分再问一次/)
      .click();
    await page.getByText(/条对话会移到/).waitFor();
    await check(page, errors);
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /并\s?入/ })
      .click();
    await page.getByRole('heading', { name: /积分再问一次/ }).waitFor();
    await page.goto(again);
    await page.getByText('本工单已并入另一工单').waitFor();
    await check(page, errors);
  });

  it('changes many at once, with a look before and a result after', async () => {
    await page.goto(`${server.url}/service/tickets?state=new,open`);
    await settle(page);
    await check(page, errors);
    const rows = page.locator('.ant-table-row');
    const n = await rows.count();
    expect(n).toBeGreaterThan(1);
    await page.locator('thead .ant-checkbox-input').first().check();
    await page.getByRole('button', { name: '批量修改' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('优先级').click();
    await dialog.locator('.ant-select').click();
    await page.locator('.ant-select-item-option').getByText('高', { exact: true }).click();
    await dialog.getByText(/将把 \d+ 张工单/).waitFor();
    await check(page, errors);
    await dialog.getByRole('button', { name: /修改 \d+ 单/ }).click();
    await dialog.getByText(/已修改 \d+ 单/).waitFor();
    await dialog
      .getByRole('button', { name: /关\s?闭/ })
      .last()
      .click();
  });

  it('sees the tickets on the customer’s page and on Today', async () => {
    await page.goto(`${server.url}/customers/${customers.李晓红}?tab=tickets`);
    await page.locator('.tk-line b', { hasText: '发票怎么开' }).waitFor();
    await check(page, errors);
    await page.goto(`${server.url}/`);
    await page.getByText('我的工单').waitFor();
    await check(page, errors);
  });
});

describe('a manager’s day from a phone', () => {
  let page: Page;
  let errors: string[];
  let close: () => Promise<void>;

  beforeAll(async () => {
    const opened = await colleague('Helen Zhao', 'zhao', 'operations_manager', 'phone', 'en');
    ({ page, errors } = opened);
    close = () => opened.context.close();
  });

  afterAll(async () => {
    await close?.();
  });

  it('sees the team: what is open, and who has how much', async () => {
    await page.goto(`${server.url}/service/board`);
    await page.locator('.board-card').first().waitFor();
    await page.locator('.load').getByText('林小雨').waitFor();
    await check(page, errors);
  });

  it('opens a ticket, reads it part by part, and answers with the thumb', async () => {
    await page.locator('.board-card b', { hasText: '发票怎么开' }).click();
    await page.getByRole('heading', { name: /发票怎么开/ }).waitFor();
    await check(page, errors);
    for (const part of ['Customer', 'Details', 'Conversation']) {
      await page.locator('.ticket-parts').getByText(part, { exact: true }).click();
      await check(page, errors);
    }
    await page.locator('.composer textarea').fill('您好，电子发票已发到您的邮箱。');
    await page.getByRole('button', { name: 'Send and solve' }).click();
    await page.getByText('Solved.').first().waitFor();
    await check(page, errors);
  });

  it('gives a ticket to somebody else', async () => {
    const id = await ticket('王小明', 'suggestion', '希望增加自提点');
    await page.goto(`${server.url}/service/tickets/${id}`);
    await page
      .getByRole('button', { name: /^.*Assign/ })
      .first()
      .click();
    const dialog = page.getByRole('dialog');
    await dialog.locator('.ant-select').first().click();
    await page.locator('.ant-select-item-option').getByText('林小雨').click();
    await check(page, errors);
    await dialog.getByRole('button', { name: 'Assign' }).click();
    await page.getByText('Assigned').waitFor();
    await check(page, errors);
  });

  it('takes down what a customer says in under half a minute', async () => {
    await page.goto(`${server.url}/service/tickets/new`);
    await check(page, errors);
    await page.locator('.ant-select').first().click();
    await page.keyboard.type('王小明');
    await page.locator('.ant-select-item-option').getByText('王小明').click();
    await page.getByText('Praise').click();
    await page.locator('#body').fill('店员很热心，特意打电话提醒取货。');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.waitForURL(/\/service\/tickets\/tkt_/);
    await check(page, errors);
  });

  it('has the lists on the phone too', async () => {
    for (const path of ['/service', '/service/tickets', '/service/tickets?view=unassigned']) {
      await page.goto(server.url + path);
      await check(page, errors);
    }
  });
});
