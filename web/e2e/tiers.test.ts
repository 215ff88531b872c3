import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { enter, faults, type Language, launch, open, overflow, rawKeys, settle, widths } from './browser';
import { type Server, startServer } from './server';

/** Levels as an operations manager works with them, on the demo company. */

const words = {
  'zh-CN': {
    why: '为什么是这个等级？',
    conditions: '等级条件',
    weight: '消费贡献的权重',
    unsaved: '有未保存的修改',
    publish: '发布',
    confirm: '确认发布',
    published: '已发布，新规则已生效',
    version: '第 2 版',
    effect: '查看',
    close: /关\s?闭|Close/,
  },
  en: {
    why: 'Why this level?',
    conditions: 'Conditions of the level',
    weight: 'Weight of Spending',
    unsaved: 'Changes not saved yet',
    publish: 'Publish',
    confirm: 'Publish',
    published: 'Published: the new rules are in force',
    version: 'Version 2',
    effect: 'Show',
    close: 'Close',
  },
} as const;

let browser: Browser;

beforeAll(async () => {
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
});

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
] as { language: Language; width: keyof typeof widths }[])('levels in $language on a $width', ({ language, width }) => {
  const say = words[language];
  let server: Server;
  let page: Page;
  let errors: string[];
  let close: () => Promise<void>;

  beforeAll(async () => {
    server = await startServer('--demo', 'true', '--demo-customers', '1500');
    const opened = await open(browser, widths[width], language);
    page = opened.page;
    errors = opened.errors;
    close = () => opened.context.close();
    await enter(page, server.url, server.password);
    // The demo company is filled in the background; its levels come last.
    await vi.waitUntil(
      () =>
        page.evaluate(async () => {
          const answer = await fetch('/api/v1/tiering/overview');
          const { evaluated_at, total } = (await answer.json()) as { evaluated_at: string | null; total: number };
          return evaluated_at !== null && total === 1500;
        }),
      { timeout: 100_000, interval: 1_000 },
    );
  });

  afterAll(async () => {
    await close?.();
    await server?.stop();
  });

  it('shows the base, and every number opens the customers behind it', async () => {
    await page.goto(server.url);
    await page.locator('.base-table tbody tr').first().waitFor();
    await check(page, errors);
    const top = page.locator('.base-table tbody tr').first().locator('a').first();
    const customers = (await top.innerText()).replace(/\D/g, '');
    await top.click();
    await page.waitForURL(/\/customers\?level=\d+/);
    await settle(page);
    expect((await page.locator('[role="status"]').allInnerTexts()).join(' ').replace(/,/g, '')).toContain(customers);
  });

  it('opens the RFM map, its cells and every other page without a fault', async () => {
    for (const path of ['/tiers', '/tiers/rfm', '/tiers/potentials', '/tiers/changes', '/tiers/versions']) {
      await page.goto(server.url + path);
      await check(page, errors);
    }
    await page.goto(`${server.url}/tiers/rfm`);
    const cell = page.locator('.heat a.cell').first();
    const customers = (await cell.innerText()).replace(/\D/g, '');
    await cell.click();
    await page.waitForURL(/\/customers\?rfm_group=/);
    await settle(page);
    expect((await page.locator('[role="status"]').allInnerTexts()).join(' ').replace(/,/g, '')).toContain(customers);
  });

  it('explains why a customer has his level', async () => {
    await page.goto(`${server.url}/`);
    await page.locator('.tier-lines a.who').first().click();
    await page.waitForURL(/\/customers\/cus_/);
    await page.goto(`${page.url().split('?')[0]}?tab=level`);
    await page.getByText(say.conditions).waitFor();
    await check(page, errors);
    expect(await page.locator('.explained-sentence').innerText()).toMatch(/\d/);
  });

  it('shows who moves while a weight moves, by the keyboard, and publishes it', async () => {
    await page.goto(`${server.url}/tiers/rules?part=levels`);
    await check(page, errors);
    for (const part of ['points', 'indicators', 'rfm']) {
      await page.goto(`${server.url}/tiers/rules?part=${part}`);
      await check(page, errors);
    }
    await page.goto(`${server.url}/tiers/rules`);
    await check(page, errors);
    const slider = page.getByRole('slider', { name: say.weight });
    const sum = async () => {
      const all = await page.locator('.weights').first().getByRole('slider').all();
      const values = await Promise.all(all.map((one) => one.getAttribute('aria-valuenow')));
      return values.reduce((total, value) => total + Number(value), 0);
    };
    expect(await sum()).toBe(100);
    await slider.focus();
    const answered = page.waitForResponse((answer) => answer.url().endsWith('/simulate') && answer.ok());
    for (let press = 0; press < 10; press += 1) await page.keyboard.press('ArrowRight');
    expect(await sum()).toBe(100);
    await answered;
    await page.getByText(say.unsaved).waitFor();
    await page.getByRole('button', { name: say.publish, exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.locator('.effect-table').waitFor();
    await dialog.locator('textarea').fill('e2e');
    await check(page, errors);
    await dialog.getByRole('button', { name: say.confirm, exact: true }).click();
    await page.getByText(say.published).waitFor();
    await page.goto(`${server.url}/tiers/versions`);
    await page.getByText(say.version, { exact: true }).waitFor();
  });
});
