/** The picture of who goes from which level to which. */
import type { EChartsCoreOption } from 'echarts/core';
import type { Simulated, Words } from '../api';

interface Names {
  before: string;
  after: string;
  none: string;
  said: (words: Words) => string;
}

/** Left what is on record, right what the rules give; a level has its own colour on both sides. */
export function sankey(result: Simulated, names: Names): EChartsCoreOption {
  const node = (side: 'a' | 'b', rank: number) => `${side}${rank}`;
  const label = (side: 'a' | 'b', name: Words, rank: number) => {
    const said = rank === 0 ? names.none : names.said(name);
    const all = result.flows.filter((flow) => (side === 'a' ? flow.from : flow.to) === rank);
    const customers = all.reduce((sum, flow) => sum + flow.customers, 0);
    return `${said} · ${side === 'a' ? names.before : names.after} ${new Intl.NumberFormat().format(customers)}`;
  };
  const nodes = [
    ...result.before.map((level) => ({ side: 'a' as const, level })),
    ...result.levels.map((level) => ({ side: 'b' as const, level })),
  ]
    .filter(({ side, level }) =>
      result.flows.some((flow) => (side === 'a' ? flow.from : flow.to) === level.rank && flow.customers > 0),
    )
    .map(({ side, level }) => ({
      name: node(side, level.rank),
      depth: side === 'a' ? 0 : 1,
      itemStyle: { color: level.colour, borderWidth: 0 },
      label: {
        position: side === 'a' ? 'right' : 'left',
        formatter: label(side, level.name, level.rank),
      },
    }));
  // The smallest flow must still be seen: widths are square roots, figures are true.
  const links = result.flows
    .filter((flow) => flow.customers > 0)
    .map((flow) => ({
      source: node('a', flow.from),
      target: node('b', flow.to),
      value: Math.sqrt(flow.customers),
      customers: flow.customers,
      lineStyle: {
        color: flow.direction === 'up' ? '#2f7d4f' : flow.direction === 'down' ? '#b5452f' : '#c9c4b8',
        opacity: flow.direction === 'stay' ? 0.35 : 0.6,
        curveness: 0.5,
      },
    }));
  return {
    tooltip: {
      trigger: 'item',
      formatter: (params: { dataType?: string; data: { customers?: number; label?: { formatter: string } } }) =>
        params.dataType === 'edge'
          ? new Intl.NumberFormat().format(params.data.customers ?? 0)
          : (params.data.label?.formatter ?? ''),
    },
    series: [
      {
        type: 'sankey',
        left: 4,
        right: 4,
        top: 8,
        bottom: 8,
        nodeWidth: 12,
        nodeGap: 12,
        layoutIterations: 0,
        draggable: false,
        emphasis: { focus: 'adjacency' },
        data: nodes.sort((a, b) => rankOf(b.name) - rankOf(a.name)),
        links,
      },
    ],
  };
}

const rankOf = (name: string): number => Number(name.slice(1));
