import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { Chart } from '../kit/Chart';
import { share } from '../kit/format';
import { gold, ink } from '../shell/theme';
import { type Pareto, shareAt, steps } from './model/pareto';

/** Customers, best first, against the revenue that they bring. */
export function ParetoChart({ pareto }: { pareto: Pareto }) {
  const { t } = useTranslation('today');
  const option = useMemo(() => {
    const whole = (value: number) => `${Math.round(value * 100)}%`;
    const axis = { type: 'value', min: 0, axisLabel: { formatter: whole }, splitNumber: 5 };
    return {
      aria: { enabled: false },
      animationDuration: 300,
      grid: { left: 8, right: 18, top: 26, bottom: 26, containLabel: true },
      tooltip: {
        trigger: 'axis',
        formatter: (points: { value: [number, number] }[]) => {
          const [x, y] = points[0]?.value ?? [0, 0];
          return t('pareto.tip', { customers: share(x), revenue: share(y) });
        },
      },
      xAxis: {
        ...axis,
        max: 1,
        name: t('pareto.x'),
        nameLocation: 'middle',
        nameGap: 28,
        splitLine: { show: false },
      },
      yAxis: {
        ...axis,
        max: (range: { max: number }) => Math.max(1, Math.ceil(range.max * 20) / 20),
        name: t('pareto.y'),
      },
      series: [
        {
          type: 'line',
          data: pareto.curve,
          showSymbol: false,
          smooth: false,
          lineStyle: { color: ink, width: 2.5 },
          areaStyle: { color: 'rgba(30, 42, 68, 0.08)' },
          markLine: {
            silent: true,
            symbol: 'none',
            lineStyle: { color: gold, type: 'dashed' },
            label: {
              color: gold,
              fontWeight: 600,
              position: 'insideEndBottom',
              rotate: 0,
              align: 'left',
              formatter: share(pareto.top20_share),
              offset: [8, 0],
            },
            data: [
              [
                { coord: [0.2, 0], symbol: 'none' },
                { coord: [0.2, shareAt(pareto.curve, 0.2)], symbol: 'circle', symbolSize: 8 },
              ],
            ],
          },
        },
      ],
    };
  }, [pareto, t]);
  return (
    <Chart
      title={t('pareto.title')}
      option={option}
      height={264}
      table={{
        head: [t('pareto.x'), t('pareto.y')],
        rows: steps(pareto.curve).map(({ x, y }) => [t('pareto.best', { share: share(x, 0) }), share(y)]),
      }}
    />
  );
}
