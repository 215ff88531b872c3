import { expect, it } from 'vitest';
import { readHours, writeHours } from './api';

it('reads hours as people type them', () => {
  expect(readHours('09:00-12:00，13:00 – 18:00')).toEqual(['09:00-12:00', '13:00-18:00']);
  expect(readHours(' 22：00~06：00 ')).toEqual(['22:00-06:00']);
  expect(readHours('')).toEqual([]);
  expect(readHours(writeHours(['09:00-12:00', '13:00-18:00']))).toEqual(['09:00-12:00', '13:00-18:00']);
});
