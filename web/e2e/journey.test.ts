import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  enter,
  faults,
  type Language,
  launch,
  logIn,
  OWN_PASSWORD,
  open,
  overflow,
  rawKeys,
  settle,
  widths,
} from './browser';
import { extract } from './extract';
import { type Server, startServer } from './server';

/** The way of a new administrator from the one-time password to real VIPs, as a person goes it. */

const words = {
  'zh-CN': {
    upload: '点击选择文件',
    preview: '预览',
    change: '修 改|修改',
    start: /开始导入/,
    ladder: '选择等级体系',
    newCustomer: '新建客户',
    name: '姓名',
    save: /保\s?存/,
    record: '记录互动',
    body: '内容',
    recorded: '已记录',
    why: '为什么是这个等级？',
    publish: /^发\s?布/,
  },
  en: {
    upload: 'Choose a file',
    preview: 'Preview',
    change: 'Change',
    start: /^Import [\d,]+ rows/,
    ladder: 'Choose a ladder',
    newCustomer: 'New customer',
    name: 'Name',
    save: /^Save$/,
    record: 'Record an interaction',
    body: 'What was said',
    recorded: 'Recorded',
    why: 'Why this level?',
    publish: /^Publish/,
  },
} as const;

let browser: Browser;

beforeAll(async () => {
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
});

/** Axe, keys that show, and the right edge, on one page. */
async function check(page: Page, errors: string[]): Promise<void> {
  await settle(page);
  const at = page.url();
  expect(await faults(page), at).toEqual([]);
  expect(await rawKeys(page), at).toEqual([]);
  expect(await overflow(page), `${at} reaches over the edge`).toBeLessThanOrEqual(0);
  expect(errors, at).toEqual([]);
}

describe.each([
  { language: 'zh-CN', width: 'desktop' },
  { language: 'en', width: 'phone' },
] as { language: Language; width: keyof typeof widths }[])(
  'a first day in $language on a $width',
  ({ language, width }) => {
    const say = words[language];
    let server: Server;
    let page: Page;
    let errors: string[];
    let close: () => Promise<void>;

    beforeAll(async () => {
      server = await startServer();
      const opened = await open(browser, widths[width], language);
      page = opened.page;
      errors = opened.errors;
      close = () => opened.context.close();
    });

    afterAll(async () => {
      await close?.();
      await server?.stop();
    });

    it('keeps the asked address over the log-in and wants a password of one’s own first', async () => {
      await page.goto(`${server.url}/customers?sort=name`);
      await page.waitForURL(/\/login\?next=/);
      await check(page, errors);
      await enter(page, server.url, server.password);
      await check(page, errors);
    });

    it('refuses a wrong password in the reader’s language', async () => {
      const other = await open(browser, widths[width], language);
      await other.page.goto(`${server.url}/login`);
      await other.page.locator('input[autocomplete="username"]').fill('admin');
      await other.page.locator('input[autocomplete="current-password"]').fill('not this one');
      await other.page.locator('button[type="submit"]').click();
      const said = await other.page.getByRole('alert').first().innerText();
      expect(/[一-鿿]/.test(said)).toBe(language === 'zh-CN');
      await other.context.close();
    });

    it('imports the extract by the wizard', async () => {
      await page.goto(`${server.url}/customers/imports/new`);
      await settle(page);
      await check(page, errors);
      await page.locator('input[type="file"]').setInputFiles(extract());
      await page.waitForURL(/\/customers\/imports\/imp_/);
      await check(page, errors);

      // The first import asks for currency and zone.
      await page.getByRole('button', { name: new RegExp(`^(${say.change})$`) }).click();
      const panel = page.locator('.ant-alert .reading-options');
      await panel.locator('.ant-select').first().click();
      await page.keyboard.type('GBP');
      await page.keyboard.press('Enter');
      await panel.locator('input').last().fill('Europe/London');
      await page.keyboard.press('Escape');
      await panel.getByRole('button').click();
      await panel.waitFor({ state: 'hidden' });

      await page.getByRole('button', { name: say.preview }).click();
      await page.getByRole('button', { name: say.start }).waitFor();
      await check(page, errors);
      await page.getByRole('button', { name: say.start }).click();
      await page.getByRole('button', { name: say.ladder }).waitFor({ timeout: 60_000 });
      expect(await page.locator('main').innerText()).toContain('2011-12-10');
      await check(page, errors);
    });

    it('shows the levels as of the day after the data', async () => {
      // The day is kept; a ladder is chosen and published; who would be where is shown before.
      await page.getByRole('button', { name: say.ladder }).click();
      await page.waitForURL((at) => at.pathname === '/tiers/rules');
      await check(page, errors);
      await page.locator('.templates li button').last().click();
      const publish = page.getByRole('button', { name: say.publish }).first();
      await publish.waitFor();
      await settle(page);
      await publish.click();
      const sure = page.getByRole('dialog').locator('.ant-btn-primary');
      await expect.poll(() => sure.isEnabled(), { timeout: 30_000 }).toBe(true);
      await sure.click();
      await page.getByRole('dialog').waitFor({ state: 'hidden', timeout: 30_000 });
      await expect
        .poll(
          async () => {
            await page.goto(`${server.url}/customers?level=1,2,3,4`);
            await settle(page);
            return page.locator('.level:not(.none)').count();
          },
          { timeout: 60_000, interval: 1_000 },
        )
        .toBeGreaterThan(0);
      await check(page, errors);
      for (const path of ['/', '/tiers', '/customers']) {
        await page.goto(server.url + path);
        await check(page, errors);
      }
    });

    it('explains a level', async () => {
      await page.goto(`${server.url}/customers?level=1,2,3,4`);
      await settle(page);
      await page.locator('main a[href^="/customers/cus_"]').first().click();
      await page.getByRole('button', { name: say.why }).click();
      await settle(page);
      await expect.poll(() => page.getByRole('tabpanel').first().innerText()).toMatch(/\d/);
      await check(page, errors);
    });

    it('makes a customer, finds her by pinyin and records what she said', async () => {
      await page.goto(`${server.url}/customers`);
      await page.getByRole('button', { name: say.newCustomer }).first().click();
      await page.getByLabel(say.name, { exact: true }).fill('欧阳明月');
      await page.locator('#customer_phones_0').fill('138 1234 5678');
      await page.getByRole('dialog').getByRole('button', { name: say.save }).click();
      await page.waitForURL(/\/customers\/cus_/);

      for (const typed of ['oymy', 'ouyang', '明月', '5678']) {
        await page.goto(`${server.url}/customers?search=${encodeURIComponent(typed)}`);
        await page
          .getByRole('link', { name: /欧阳明月/ })
          .first()
          .waitFor();
      }
      await page
        .getByRole('link', { name: /欧阳明月/ })
        .first()
        .click();
      await page.getByRole('button', { name: say.record }).first().click();
      await page.getByLabel(say.body, { exact: true }).fill('想要中秋礼盒，周五回电话。');
      await check(page, errors);
      await page.getByRole('dialog').getByRole('button', { name: say.save }).click();
      await page.getByText('想要中秋礼盒，周五回电话。').first().waitFor();
      // The number stays hidden from the page until it is asked for.
      expect(await page.locator('main').innerText()).not.toContain('13812345678');
    });

    it('has no serious fault on the other pages', async () => {
      for (const path of [
        '/customers/segments',
        '/customers/imports',
        '/settings/account',
        '/settings/organisation',
        '/settings/departments',
        '/settings/staff',
        '/settings/tokens',
        '/settings/audit',
      ]) {
        await page.goto(server.url + path);
        await check(page, errors);
      }
    });

    it('says what is wrong with a file that is no table', async () => {
      await page.goto(`${server.url}/customers/imports/new`);
      await page.locator('input[type="file"]').setInputFiles({
        name: 'picture.csv',
        mimeType: 'text/csv',
        buffer: Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13]),
      });
      const said = await page.getByRole('alert').first().innerText();
      expect(/[一-鿿]/.test(said), said).toBe(language === 'zh-CN');
    });

    it('signs out and back in', async () => {
      const other = await open(browser, widths[width], language);
      await logIn(other.page, server.url, OWN_PASSWORD);
      await other.context.close();
    });
  },
);
