import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { latest } from './latest';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

interface Sent {
  question: number;
  signal: AbortSignal;
  answer: (value: string) => void;
  fail: (error: Error) => void;
}

function setUp() {
  const sent: Sent[] = [];
  const heard: string[] = [];
  const failures: string[] = [];
  const asker = latest<number, string>({
    run: (question, signal) =>
      new Promise((answer, fail) => {
        sent.push({ question, signal, answer, fail });
      }),
    answered: (answer) => heard.push(answer),
    failed: (error) => failures.push(String(error)),
  });
  return { sent, heard, failures, asker };
}

describe('asking while a slider moves', () => {
  it('sends one request for many moves', async () => {
    const { sent, asker } = setUp();
    for (let value = 0; value < 20; value += 1) {
      asker.ask(value);
      await vi.advanceTimersByTimeAsync(50);
    }
    await vi.advanceTimersByTimeAsync(150);
    expect(sent.map((each) => each.question)).toEqual([19]);
  });

  it('aborts the request under way and ignores its late answer', async () => {
    const { sent, heard, failures, asker } = setUp();
    asker.ask(1);
    await vi.advanceTimersByTimeAsync(150);
    asker.ask(2);
    await vi.advanceTimersByTimeAsync(150);
    expect(sent[0]?.signal.aborted).toBe(true);
    sent[1]?.answer('two');
    sent[0]?.answer('one');
    await vi.advanceTimersByTimeAsync(0);
    expect(heard).toEqual(['two']);
    expect(failures).toEqual([]);
  });

  it('does not report the failure of an aborted request, but does of the latest', async () => {
    const { sent, failures, asker } = setUp();
    asker.ask(1);
    await vi.advanceTimersByTimeAsync(150);
    asker.ask(2);
    sent[0]?.fail(new Error('aborted'));
    await vi.advanceTimersByTimeAsync(150);
    sent[1]?.fail(new Error('down'));
    await vi.advanceTimersByTimeAsync(0);
    expect(failures).toEqual(['Error: down']);
  });

  it('is silent after it was stopped', async () => {
    const { sent, asker } = setUp();
    asker.ask(1);
    asker.stop();
    await vi.advanceTimersByTimeAsync(500);
    expect(sent).toEqual([]);
  });
});
