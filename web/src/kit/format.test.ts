import { describe, expect, it } from 'vitest';
import { dayText, instantText, maskPhone, money, moneyShort, relative, share } from './format';

describe('money', () => {
  it('keeps every digit of a decimal string that a float would lose', () => {
    expect(money('900719925474099.29', 'CNY')).toBe('¥900,719,925,474,099.29');
  });
  it('shows the organisation’s currency and a minus', () => {
    expect(money('-611342.09', 'GBP')).toBe('-£611,342.09');
  });
  it('shows a dash for nothing', () => {
    expect(money(null, 'CNY')).toBe('–');
  });
  it('shortens headlines in the way of each language', () => {
    expect(moneyShort('8911407.904', 'CNY', 'zh-CN')).toBe('¥891.1万');
    expect(moneyShort('8911407.904', 'CNY', 'en')).toBe('¥8.9M');
  });
});

describe('phones', () => {
  it('hides the middle', () => {
    expect(maskPhone('+8613812345678')).toBe('138****5678');
  });
  it('leaves a number that the server has masked', () => {
    expect(maskPhone('138****5678')).toBe('138****5678');
  });
});

describe('time', () => {
  it('never moves a day', () => {
    expect(dayText('1988-02-29', 'America/New_York')).toBe('1988-02-29');
  });
  it('shows an instant in the organisation’s zone', () => {
    expect(instantText('2026-11-22T16:05:00Z', 'Asia/Shanghai')).toBe('2026-11-23 00:05');
  });
  it('speaks of near times', () => {
    expect(relative('2026-11-19T00:00:00Z', 'zh-CN', Date.parse('2026-11-22T00:00:00Z'))).toBe('3天前');
  });
  it('leaves what it cannot read as it is', () => {
    expect(instantText('soon')).toBe('soon');
  });
});

it('share has one digit and a dash for nothing', () => {
  expect(share(0.73824)).toBe('73.8%');
  expect(share(Number.NaN)).toBe('–');
});
