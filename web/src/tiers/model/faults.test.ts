import { describe, expect, it } from 'vitest';
import { Faults, place } from './faults';

describe('a fault of the rules', () => {
  it('is found whichever way its path is written', () => {
    expect(
      ['levels[2].min_score', 'levels.2.min_score', '/levels/2/min_score', 'rules.levels[2].min_score'].map(place),
    ).toEqual(Array(4).fill('levels.2.min_score'));
  });
  it('shows at its field and at what holds it, not at its neighbour', () => {
    const faults = new Faults([{ field: 'levels[1].name', detail: '名称不能为空' }]);
    expect(faults.at('levels.1.name')).toBe('名称不能为空');
    expect(faults.within('levels')).toEqual(['名称不能为空']);
    expect(faults.within('levels.1')).toEqual(['名称不能为空']);
    expect(faults.within('levels.10')).toEqual([]);
  });
  it('is never swallowed when no field shows it', () => {
    const faults = new Faults([
      { detail: '没有规则' },
      { field: 'odd', detail: '未知' },
      { field: 'levels[0]', detail: '重复' },
    ]);
    expect(faults.outside(['levels', 'dimensions'])).toEqual(['没有规则', '未知']);
  });
});
