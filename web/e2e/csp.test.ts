import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { enter, launch, open, settle, widths } from './browser';
import { type Server, startServer } from './server';

/**
 * The Content-Security-Policy holds on every page: the browser itself is asked what it refused. A style or script
 * without the page's number, an inline style attribute, a foreign address: each is a violation, and none may happen.
 */
let browser: Browser;
let server: Server;

beforeAll(async () => {
  browser = await launch();
  server = await startServer('--demo', '--demo-customers', '300');
}, 300_000);

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

/** Every address of the routes, parameters filled with what the demo company has. */
async function addresses(page: Page): Promise<string[]> {
  const text = readFileSync(resolve(import.meta.dirname, '../src/routes.tsx'), 'utf8');
  const paths = [...text.matchAll(/path: '([^']+)'/g)].map((match) => match[1] ?? '').filter((path) => path !== '*');
  const first = async (list: string): Promise<string> => {
    const answer = await page.request.get(`${server.url}/api/v1/${list}?limit=1`);
    const { items } = (await answer.json()) as { items?: { id?: string }[] };
    return items?.[0]?.id ?? 'none';
  };
  const customer = await first('customers');
  const ticket = await first('tickets');
  return paths.map((path) => {
    const id = path.startsWith('/customers') ? customer : path.startsWith('/service/tickets') ? ticket : 'none';
    return path.replace(/\/:tab\?/, '').replace(/:\w+\??/g, id);
  });
}

/** What is only drawn on a touch: tooltips of pictures, menus, dialogs. */
async function touch(page: Page): Promise<void> {
  for (const picture of (await page.locator('figure.chart svg').all()).slice(0, 3)) {
    await picture.scrollIntoViewIfNeeded({ timeout: 1000 }).catch(() => undefined);
    const box = await picture.boundingBox();
    if (!box) continue;
    for (const part of [0.3, 0.5, 0.7]) {
      await page.mouse.move(box.x + box.width * part, box.y + box.height * 0.55);
      await page.waitForTimeout(80);
    }
  }
  const fields = page.locator('main .ant-select:not(.ant-select-disabled), main .ant-picker');
  for (const field of (await fields.all()).slice(0, 2)) {
    await field.click({ timeout: 500, force: true }).catch(() => undefined);
    await page.waitForTimeout(100);
    await page.keyboard.press('Escape');
  }
  const button = page.locator('main button.ant-btn-primary:not([disabled]):not([type="submit"])').first();
  await button.click({ timeout: 500 }).catch(() => undefined);
  await page.waitForTimeout(300);
}

async function watch(page: Page): Promise<string[]> {
  const found: string[] = [];
  await page.exposeFunction('cspViolation', (line: string) => found.push(line));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      const report = (window as unknown as { cspViolation: (line: string) => void }).cspViolation;
      report(
        `${location.pathname}: ${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}:${event.columnNumber} ${event.sample}`,
      );
    });
  });
  page.on('console', (message) => {
    if (/Content[- ]Security[- ]Policy/i.test(message.text())) found.push(`${page.url()}: ${message.text()}`);
  });
  return found;
}

it('no page asks for what the policy refuses', async () => {
  const { context, page } = await open(browser, widths.desktop, 'zh-CN');
  const found = await watch(page);
  await enter(page, server.url, server.password);
  const seen: string[] = [];
  for (const path of new Set(await addresses(page))) {
    await page.goto(`${server.url}${path}`);
    await settle(page);
    await touch(page);
    seen.push(path);
  }
  expect(seen.length).toBeGreaterThan(30);
  expect(found).toEqual([]);
  await context.close();
}, 600_000);

it('the policy has no unsafe word, another number each time, and would have refused', async () => {
  const { context, page } = await open(browser, widths.desktop, 'zh-CN');
  const found = await watch(page);
  const first = await page.goto(`${server.url}/login`);
  const policy = (await first?.headerValue('content-security-policy')) ?? '';
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toContain('unsafe');
  const again = await page.reload();
  expect(await again?.headerValue('content-security-policy')).not.toBe(policy);
  await settle(page);
  expect(found).toEqual([]);
  // What somebody smuggled in: a style without the number, an attribute, a script.
  await page.evaluate(() => {
    const style = document.createElement('style');
    style.textContent = 'body { color: red }';
    document.head.append(style);
    document.body.insertAdjacentHTML('beforeend', '<p style="color: red">x</p><img src="x" onerror="window.bad = 1">');
  });
  await page.waitForTimeout(300);
  expect(found.length).toBeGreaterThanOrEqual(3);
  expect(await page.evaluate(() => (window as unknown as { bad?: number }).bad)).toBeUndefined();
  await context.close();
});

it('the pages for everybody keep to theirs', async () => {
  const { context, page } = await open(browser, widths.phone, 'zh-CN');
  const found = await watch(page);
  for (const path of ['/rules', '/rules?lang=en', '/form/none', '/csat/none']) {
    const answer = await page.goto(`${server.url}${path}`);
    const policy = (await answer?.headerValue('content-security-policy')) ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    expect(await page.locator('main').isVisible()).toBe(true);
    // The page's own styles did apply.
    expect(await page.locator('main').evaluate((main) => getComputedStyle(main).maxWidth)).toBe('640px');
  }
  expect(found).toEqual([]);
  await context.close();
});
