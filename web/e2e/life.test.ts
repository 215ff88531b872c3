import { randomUUID } from 'node:crypto';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { enter, faults, type Language, launch, open, overflow, rawKeys, settle, widths } from './browser';
import { type Server, startServer } from './server';

/** The life of a level as those who look after it see it: observation, the queue, a run, a level by hand. */

const words = {
  'zh-CN': {
    left: /还剩 \d+ 天|今天到期/,
    missing: /还差|需减少/,
    decided: /已处理 1 位客户/,
    start: '开始复核',
    preview: '先看预览',
    previewed: '以下是会发生的变化，还没有执行。',
    manual: '人工定级',
    manualDone: '已人工定级',
    reason: '原因',
    confirm: /确\s?定/,
    take: '取消',
    taken: '已取消',
    amount: '订单金额',
    ask: /试\s?算/,
    changes: /等级会变化|等级不变/,
  },
  en: {
    left: /\d+ days? left|Last day today/,
    missing: /short|missing|more|less|needed/,
    decided: 'Decided: 1',
    start: 'Start a review',
    preview: 'Preview',
    previewed: 'This would happen; nothing has been done.',
    manual: 'Set the level by hand',
    manualDone: 'Level set by hand',
    reason: 'Reason',
    confirm: 'OK',
    take: 'Take away',
    taken: 'Taken away',
    amount: 'Amount of the order',
    ask: 'Try',
    changes: /The level changes|The level stays/,
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

interface Answer {
  [name: string]: unknown;
}

/** The API as the page's own session asks it. */
async function api<T = Answer>(page: Page, url: string, method: string, path: string, data?: unknown, match?: unknown) {
  const answer = await page.request.fetch(`${url}/api/v1${path}`, {
    method,
    headers: {
      'X-Zunke': '1',
      'Idempotency-Key': randomUUID(),
      ...(match === undefined ? {} : { 'If-Match': `"${match}"` }),
    },
    ...(data === undefined ? {} : { data }),
  });
  expect(answer.ok(), `${method} ${path}: ${answer.status()} ${await answer.text()}`).toBe(true);
  return (await answer.json()) as T;
}

/** Levels that are held for three months are published half a year ago, so that some have missed what keeps them. */
async function grow(page: Page, url: string): Promise<void> {
  const evaluate = async (body: unknown) => {
    const { id } = await api<{ id: string }>(page, url, 'POST', '/tiering/evaluations', body);
    await vi.waitUntil(async () => (await api(page, url, 'GET', `/jobs/${id}`)).state === 'done', {
      timeout: 60_000,
      interval: 300,
    });
  };
  const today = (await api<{ today: string }>(page, url, 'GET', '/session')).today;
  const past = new Date(Date.parse(today) - 180 * 86_400_000).toISOString().slice(0, 10);
  await evaluate({ as_of: past, pin: true });
  const { items } = await api<{ items: { id: string }[] }>(page, url, 'GET', '/tiering/programmes');
  const path = `/tiering/programmes/${items[0]?.id}`;
  const { rules, version } = await api<{ rules: { levels: { rank: number }[] }; version: number }>(
    page,
    url,
    'GET',
    path,
  );
  const top = Math.max(...rules.levels.map((level) => level.rank));
  const changed = {
    ...rules,
    levels: rules.levels.map((level) => (level.rank === top ? { ...level, approval: true } : level)),
    life: {
      validity: { months: 3 },
      observation_days: 120,
      downgrade: 'one_step',
      return_days: 90,
      review: { brake: 0.05, borderline: { delta: 0.05, disagreement: true } },
    },
  };
  const draft = await api<{ version: number }>(page, url, 'PUT', `${path}/draft`, { rules: changed }, version);
  const published = await api<{ job_id?: string }>(
    page,
    url,
    'POST',
    `${path}/publish`,
    { note: 'e2e' },
    draft.version,
  );
  if (published.job_id) {
    const job = published.job_id;
    await vi.waitUntil(async () => (await api(page, url, 'GET', `/jobs/${job}`)).state === 'done', {
      timeout: 60_000,
      interval: 300,
    });
  }
  await evaluate({ as_of: null, pin: true });
}

describe.each([
  { language: 'zh-CN', width: 'desktop' },
  { language: 'en', width: 'phone' },
] as { language: Language; width: keyof typeof widths }[])(
  'the life of a level in $language on a $width',
  ({ language, width }) => {
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
      await vi.waitUntil(
        async () => {
          const { evaluated_at, total } = await api(page, server.url, 'GET', '/tiering/overview');
          return evaluated_at !== null && total === 1500;
        },
        { timeout: 100_000, interval: 1_000 },
      );
      await grow(page, server.url);
    }, 240_000);

    afterAll(async () => {
      await close?.();
      await server?.stop();
    });

    it('tells who is under observation, how long yet, and what is missing', async () => {
      await page.goto(`${server.url}/tiers/observations`);
      const first = page.locator('.held > li').first();
      await first.waitFor();
      expect(await first.locator('.countdown').innerText()).toMatch(say.left);
      expect(await first.locator('.held-missing').innerText()).toMatch(say.missing);
      await check(page, errors);
      await page.goto(`${server.url}/tiers/observations?view=soon`);
      await check(page, errors);
      await page.goto(`${server.url}/tiers`);
      await page.locator('.stairs > li').first().waitFor();
      await check(page, errors);
    });

    it('lets a person decide: by the keyboard on a desktop, with the thumb on a phone', async () => {
      await page.goto(`${server.url}/tiers/queue`);
      const rows = page.locator('.queue > li');
      await rows.first().waitFor();
      await check(page, errors);
      const who = await rows.first().locator('.who').innerText();
      if (width === 'desktop') {
        await page.keyboard.press('j');
        await page.locator('.queue > li.chosen').waitFor();
        await page.keyboard.press('a');
      } else {
        // What approving comes to is said by the button: raise, lower, checked.
        await rows.first().locator('.queue-acts button').first().click();
      }
      const dialog = page.getByRole('dialog');
      await dialog.locator('textarea').waitFor();
      await check(page, errors);
      await dialog.locator('textarea').press('Enter');
      await page.getByText(say.decided).waitFor();
      await page.goto(`${server.url}/tiers/queue?state=decided`);
      await page.locator('.queue-verdict').first().waitFor();
      expect(await page.locator('.queue').innerText()).toContain(who);
      await check(page, errors);
    });

    it('shows what a review would do before it does anything', async () => {
      await page.goto(`${server.url}/tiers/runs`);
      await page.getByRole('button', { name: say.start }).click();
      await page.getByRole('dialog').getByRole('button', { name: say.preview }).click();
      await page.getByText(say.previewed).waitFor({ timeout: 60_000 });
      await page.locator('.run-figures').waitFor();
      await check(page, errors);
    });

    it('sets a level by hand on top of the computed one, takes it away, and answers "what if"', async () => {
      await page.goto(`${server.url}/tiers/observations`);
      await page.locator('.held .who').first().click();
      await page.waitForURL(/\/customers\/cus_/);
      await page.locator('.life-card.observation').waitFor();
      await page.getByRole('button', { name: say.manual }).click();
      const dialog = page.getByRole('dialog');
      await dialog.locator('.ant-select').first().click();
      await page.locator('.ant-select-item-option').first().click();
      await dialog.getByLabel(say.reason).fill('e2e');
      await dialog.getByRole('button', { name: say.confirm }).click();
      await page.getByText(say.manualDone, { exact: true }).waitFor();
      await check(page, errors);
      await page.locator('.layers').getByRole('button', { name: say.take }).click();
      await page.locator('.ant-popconfirm').getByRole('button', { name: say.take }).click();
      await page.getByText(say.taken, { exact: true }).waitFor();
      await page.getByLabel(say.amount).fill('50000');
      await page.getByRole('button', { name: say.ask }).click();
      await page.getByText(say.changes).waitFor();
      await check(page, errors);
    });
  },
);
