import { describe, expect, it } from 'vitest';
import { mentioned } from './mentions';

const colleagues = [
  { id: 'a', name: '李明' },
  { id: 'b', name: '李明华' },
  { id: 'c', name: 'Ann Lee' },
];

describe('mentions in a note', () => {
  it('are those whose name follows the sign, the longest that fits, each once', () => {
    expect(mentioned('@李明华 看一下 @Ann Lee, @李明华', colleagues)).toEqual(['b', 'c']);
    expect(mentioned('请@李明 处理', colleagues)).toEqual(['a']);
  });

  it('are none where nobody is called', () => {
    expect(mentioned('李明 ann@example.com', colleagues)).toEqual([]);
    expect(mentioned('', colleagues)).toEqual([]);
  });
});
