import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { enter, languages, launch, logIn, OWN_PASSWORD, open, settle, widths } from './browser';
import { extract } from './extract';
import { type Server, startServer } from './server';

/**
 * Looks at every page in both languages and widths, on the demo company. The docs keep the Chinese ones and, of the
 * first pages that a visitor wants to see, the English ones; the others are for the eye and go to `SCREENSHOTS`
 * (a temporary folder where it is not set). `ONLY=today,tiers` takes these pages alone.
 */
const images = resolve(import.meta.dirname, '../../docs/images');
const aside = process.env.SCREENSHOTS ?? join(tmpdir(), 'zunke-screenshots');
const only = process.env.ONLY?.split(',');
const IN_ENGLISH = ['today', 'customers', 'customer-level', 'tiers', 'tiers-rules', 'tiers-observations'];
/** Small enough for a repository; text stays sharp. */
const QUALITY = 55;

async function take(page: Page, name: string, language: string, width: string): Promise<void> {
  const kept = language === 'zh-CN' || IN_ENGLISH.includes(name);
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: QUALITY });
  await session.detach();
  writeFileSync(join(kept ? images : aside, `${name}.${language}.${width}.webp`), Buffer.from(data, 'base64'));
}

let browser: Browser;
let server: Server;

beforeAll(async () => {
  for (const folder of [images, aside]) mkdirSync(folder, { recursive: true });
  if (!only) for (const name of readdirSync(images)) if (/\.(png|webp)$/.test(name)) rmSync(join(images, name));
  browser = await launch();
  server = await startServer('--demo', '--demo-customers', process.env.DEMO_CUSTOMERS ?? '2000');
}, 300_000);

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

async function best(page: Page): Promise<string> {
  await page.goto(`${server.url}/customers?sort=-score`);
  const link = page.locator('main a[href^="/customers/cus_"]').first();
  await link.waitFor({ timeout: 60_000 });
  return (await link.getAttribute('href')) ?? '/customers';
}

/** The ticket that falls due next, given to the visitor with three others, so that his own work is there to be seen. */
async function busiest(page: Page): Promise<string> {
  const api = `${server.url}/api/v1`;
  const { items } = (await (await page.request.get(`${api}/tickets?view=unassigned&sort=due&limit=4`)).json()) as {
    items?: { id: string }[];
  };
  for (const { id } of items ?? []) {
    const headers = { 'X-Zunke': '1', 'Idempotency-Key': randomUUID() };
    await page.request.post(`${api}/tickets/${id}/claim`, { headers });
  }
  return items?.[0] ? `/service/tickets/${items[0].id}` : '/service/tickets';
}

it('every page', { timeout: 900_000 }, async () => {
  // The first visitor changes the password, waits for the company to stand, and leaves one file half-way.
  const first = await open(browser, widths.desktop, 'zh-CN');
  await enter(first.page, server.url, server.password);
  await expect
    .poll(
      async () => {
        const answer = await first.page.request.get(`${server.url}/api/v1/tiering/overview`);
        const { levels } = (await answer.json()) as { levels?: { rank: number; customers: number }[] };
        return (levels ?? []).filter((level) => level.rank > 0).reduce((sum, level) => sum + level.customers, 0);
      },
      { timeout: 600_000, interval: 2_000 },
    )
    .toBeGreaterThan(0);
  await first.page.goto(`${server.url}/customers/imports/new`);
  await first.page.locator('input[type="file"]').setInputFiles(extract());
  await first.page.waitForURL(/\/customers\/imports\/imp_/);
  const half = new URL(first.page.url()).pathname;
  const customer = await best(first.page);
  const ticket = await busiest(first.page);
  await first.context.close();

  const pages: [name: string, path: string][] = [
    ['today', '/'],
    ['customers', '/customers'],
    ['customer', customer],
    ['customer-level', `${customer}?tab=level`],
    ['segments', '/customers/segments'],
    ['tags', '/customers/tags'],
    ['imports', '/customers/imports'],
    ['import-new', '/customers/imports/new'],
    ['import-mapping', half],
    ['tiers', '/tiers'],
    ['tiers-observations', '/tiers/observations'],
    ['tiers-queue', '/tiers/queue'],
    ['tiers-runs', '/tiers/runs'],
    ['tiers-rfm', '/tiers/rfm'],
    ['tiers-ltv', '/tiers/ltv'],
    ['tiers-potentials', '/tiers/potentials'],
    ['tiers-rules', '/tiers/rules'],
    ['tiers-rules-life', '/tiers/rules?part=life'],
    ['tiers-changes', '/tiers/changes'],
    ['tiers-versions', '/tiers/versions'],
    ['service', '/service'],
    ['service-board', '/service/board'],
    ['service-tickets', '/service/tickets'],
    ['service-ticket', ticket],
    ['service-words', '/service/words'],
    ['service-ticket-new', '/service/tickets/new'],
    ['settings-account', '/settings/account'],
    ['settings-organisation', '/settings/organisation'],
    ['settings-departments', '/settings/departments'],
    ['settings-staff', '/settings/staff'],
    ['settings-tokens', '/settings/tokens'],
    ['settings-audit', '/settings/audit'],
  ];
  for (const language of languages) {
    for (const [width, size] of Object.entries(widths)) {
      const { context, page } = await open(browser, size, language);
      await page.goto(`${server.url}/login`);
      await settle(page);
      if (!only || only.includes('login')) await take(page, 'login', language, width);
      await logIn(page, server.url, OWN_PASSWORD);
      for (const [name, path] of pages.filter(([each]) => !only || only.includes(each))) {
        await page.goto(server.url + path);
        await settle(page);
        await page.waitForTimeout(400);
        await take(page, name, language, width);
      }
      await context.close();
    }
  }
});
