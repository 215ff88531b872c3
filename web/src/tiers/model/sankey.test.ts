import { describe, expect, it } from 'vitest';
import type { Simulated } from '../api';
import { sankey } from './sankey';

const level = (rank: number, customers: number) => ({
  level_id: `lvl_${rank}`,
  rank,
  name: { zh: `第${rank}级`, en: `Level ${rank}` },
  colour: '#123456',
  customers,
  revenue: '0',
  revenue_share: 0,
  before: 0,
});

describe('the picture of flows', () => {
  it('has a node for each level that somebody comes from or goes to, the highest first', () => {
    const result = {
      before: [level(1, 10), level(2, 0)],
      levels: [level(1, 6), level(2, 4)],
      flows: [
        { from: 1, to: 1, customers: 6, revenue: '0', direction: 'stay' },
        { from: 1, to: 2, customers: 4, revenue: '0', direction: 'up' },
      ],
    } as unknown as Simulated;
    const option = sankey(result, { before: '现在', after: '之后', none: '无', said: (words) => words.zh });
    const series = (option.series as { data: { name: string }[]; links: { value: number; customers: number }[] }[])[0];
    expect(series?.data.map((node) => node.name)).toEqual(['b2', 'a1', 'b1']);
    expect(series?.links.map((link) => [link.value, link.customers])).toEqual([
      [Math.sqrt(6), 6],
      [2, 4],
    ]);
  });
});
