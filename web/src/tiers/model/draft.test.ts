import { describe, expect, it } from 'vitest';
import { type Draft, dirty, opened, put, step } from './draft';

interface Rules {
  name: string;
  levels: { rank: number; score: number }[];
}
const rules: Rules = { name: '会员', levels: [{ rank: 1, score: 50 }] };
const scored = (score: number): Rules => ({ ...rules, levels: [{ rank: 1, score }] });
const edited = (draft: Draft<Rules>, to: Rules) => step(draft, { type: 'edit', rules: to });

describe('a draft under edit', () => {
  it('knows whether there is something to save', () => {
    const draft = opened(rules, '1');
    expect(dirty(draft)).toBe(false);
    expect(dirty(edited(draft, scored(60)))).toBe(true);
    expect(dirty(edited(edited(draft, scored(60)), scored(50)))).toBe(false);
  });

  it('goes back and forth, a drag as one step', () => {
    let draft = edited(opened(rules, '1'), scored(55));
    draft = step(draft, { type: 'edit', rules: scored(60), gesture: 'continue' });
    draft = step(draft, { type: 'undo' });
    expect(draft.rules).toEqual(rules);
    draft = step(draft, { type: 'redo' });
    expect(draft.rules).toEqual(scored(60));
    expect(step(draft, { type: 'redo' })).toBe(draft);
  });

  it('is not thrown away by a reload in the background', () => {
    const draft = edited(opened(rules, '1'), scored(60));
    expect(step(draft, { type: 'loaded', rules: scored(10), version: '2' }).rules).toEqual(scored(60));
    expect(step(opened(rules, '1'), { type: 'loaded', rules: scored(10), version: '2' }).rules).toEqual(scored(10));
  });

  it('keeps what was typed while saving', () => {
    let draft = edited(opened(rules, '1'), scored(60));
    draft = edited(draft, scored(61));
    draft = step(draft, { type: 'saved', rules: scored(60), version: '2' });
    expect([draft.rules, dirty(draft), draft.version]).toEqual([scored(61), true, '2']);
  });

  it('loses neither edit when somebody else saved first', () => {
    let draft = edited(opened(rules, '1'), scored(60));
    draft = step(draft, { type: 'overtaken', theirs: { ...rules, name: '贵宾' }, version: '2' });
    expect(draft.rules).toEqual({ name: '贵宾', levels: [{ rank: 1, score: 60 }] });
    expect([draft.clashes, draft.version, dirty(draft)]).toEqual([[], '2', true]);
  });

  it('asks about a clash, and takes the answer', () => {
    let draft = edited(opened(rules, '1'), scored(60));
    draft = step(draft, { type: 'overtaken', theirs: scored(70), version: '2' });
    const [clash] = draft.clashes;
    if (!clash) throw new Error('no clash');
    expect(step(draft, { type: 'resolved', keep: 'mine', clash }).rules).toEqual(scored(60));
    const taken = step(draft, { type: 'resolved', keep: 'theirs', clash });
    expect([taken.rules, taken.clashes]).toEqual([scored(70), []]);
    expect(step(taken, { type: 'undo' }).rules).toEqual(scored(60));
  });

  it('can be discarded, and even that can be undone', () => {
    let draft = step(edited(opened(rules, '1'), scored(60)), { type: 'discard' });
    expect(draft.rules).toEqual(rules);
    draft = step(draft, { type: 'undo' });
    expect(draft.rules).toEqual(scored(60));
  });
});

describe('putting a value at a place', () => {
  it('finds members by rank or id, adds and removes them', () => {
    expect(put({ levels: [{ rank: 2, score: 1 }] }, ['levels', '2', 'score'], 9)).toEqual({
      levels: [{ rank: 2, score: 9 }],
    });
    expect(put([{ id: 'a' }], ['a'], undefined)).toEqual([]);
    expect(put([{ id: 'a' }], ['b'], { id: 'b' })).toEqual([{ id: 'a' }, { id: 'b' }]);
    expect(put({ a: 1, b: 2 }, ['a'], undefined)).toEqual({ b: 2 });
  });
});
