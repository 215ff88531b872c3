import { describe, expect, it } from 'vitest';
import { titleOf } from './api';

describe('the title of an improvement made from a voice', () => {
  it('is the first sentence, without its end', () => {
    expect(titleOf('快递三天没到。麻烦催一下！')).toBe('快递三天没到');
    expect(titleOf('  The box came damaged. Please send another.')).toBe('The box came damaged');
    expect(titleOf('能不能加自提点？家里没人')).toBe('能不能加自提点？');
  });

  it('is cut at forty signs, whole ones, and never empty', () => {
    expect([...titleOf('长'.repeat(100))]).toHaveLength(40);
    expect([...titleOf('😡'.repeat(100))]).toHaveLength(40);
    expect(titleOf('！！！')).toBe('！！！');
    expect(titleOf('请回电13800138001，快递没到')).toBe('请回电…，快递没到');
    expect(titleOf('第一行\n第二行')).toBe('第一行');
  });
});
