import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

export const OWN_PASSWORD = '明月几时有-把酒问青天';
export const widths = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } } as const;
export const languages = ['zh-CN', 'en'] as const;
export type Language = (typeof languages)[number];

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** A fresh browser profile at one width in one language. Errors in the page's console fail the test that asks. */
export async function open(
  browser: Browser,
  size: { width: number; height: number },
  language: Language,
): Promise<{ context: BrowserContext; page: Page; errors: string[] }> {
  const context = await browser.newContext({ viewport: size, locale: language, hasTouch: size.width < 500 });
  await context.addInitScript((chosen) => localStorage.setItem('zunke.language', chosen), language);
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(`${page.url()}: ${error.message}`));
  page.on('console', (message) => {
    // The browser itself reports every answer of 4xx; those that matter show on the page.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      errors.push(`${page.url()}: ${message.text()}`);
  });
  return { context, page, errors };
}

export async function logIn(page: Page, url: string, password: string): Promise<void> {
  await page.goto(`${url}/login`);
  await page.locator('input[autocomplete="username"]').fill('admin');
  await page.locator('input[autocomplete="current-password"]').fill(password);
  await page.locator('button[type="submit"]').click();
  await page.waitForURL((at) => !at.pathname.startsWith('/login'));
}

/** The first log-in with the one-time password, which has to be changed. */
export async function enter(page: Page, url: string, once: string): Promise<void> {
  await page.goto(`${url}/login`);
  await page.locator('input[autocomplete="username"]').fill('admin');
  await page.locator('input[autocomplete="current-password"]').fill(once);
  await page.locator('button[type="submit"]').click();
  const fresh = page.locator('input[autocomplete="new-password"]');
  await fresh.first().waitFor();
  // Not asked for a second time: it was typed at the door.
  await fresh.nth(0).fill(OWN_PASSWORD);
  await fresh.nth(1).fill(OWN_PASSWORD);
  await page.locator('button[type="submit"]').click();
  await page.waitForURL((at) => !at.pathname.startsWith('/login'));
}

/** Waits until nothing is loading and nothing moves. */
export async function settle(page: Page): Promise<void> {
  await page.waitForLoadState('networkidle').catch(() => undefined);
  await page
    .waitForFunction(
      () => !document.querySelector('.ant-skeleton-active, .ant-spin-spinning, .list[aria-busy="true"]'),
      null,
      {
        timeout: 10_000,
      },
    )
    .catch(() => undefined);
  await page.waitForTimeout(250);
}

/** What axe finds serious or worse, as lines to read. */
export async function faults(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'])
    .analyze();
  return violations
    .filter((one) => one.impact === 'serious' || one.impact === 'critical')
    .flatMap((one) =>
      one.nodes
        .slice(0, 5)
        .map((node) => `${one.id}: ${node.target.join(' ')} ${(node.failureSummary ?? '').replace(/\s+/g, ' ')}`),
    );
}

/** Texts on the page that look like a key of the dictionary: `customers:form.name`, `filter.level`. */
export async function rawKeys(page: Page): Promise<string[]> {
  const text = await page.locator('body').innerText();
  return [...text.matchAll(/(?<![\w./@-])(?:[a-z_]+:)?[a-z_]{2,}\.[a-z_]{2,}(?:\.[a-z_]{2,})*(?![\w./@-])/g)]
    .map((match) => match[0])
    .filter((found) => !/\.(cn|com|csv|xlsx|xls|gz|json|example|local)$/.test(found));
}

/** Nothing reaches over the right edge. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}
