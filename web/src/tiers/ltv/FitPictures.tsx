import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { Chart } from '../../kit/Chart';
import { count } from '../../kit/format';
import { gold, ink } from '../../shell/theme';
import type { LtvBar, LtvPoint } from './api';

const grid = { left: 8, right: 16, top: 40, bottom: 28, containLabel: true };
const whole = (value: number) => count(Math.round(value));

/** Customers by their number of repeat purchases: as they are, and as the model has them. */
export function Histogram({ bars }: { bars: LtvBar[] }) {
  const { t } = useTranslation('tiers');
  const names = useMemo(
    () => bars.map((bar, at) => (at === bars.length - 1 ? `${bar.purchases}+` : String(bar.purchases))),
    [bars],
  );
  const option = useMemo(
    () => ({
      aria: { enabled: false },
      animationDuration: 300,
      grid,
      legend: { top: 0, left: 0, itemWidth: 14, itemHeight: 10 },
      tooltip: { trigger: 'axis', valueFormatter: (value: number) => whole(value) },
      xAxis: { type: 'category', data: names, name: t('ltv.repeats'), nameLocation: 'middle', nameGap: 28 },
      yAxis: { type: 'value', splitNumber: 4 },
      series: [
        { type: 'bar', name: t('ltv.actual'), data: bars.map((bar) => bar.actual), itemStyle: { color: ink } },
        { type: 'bar', name: t('ltv.expected'), data: bars.map((bar) => bar.expected), itemStyle: { color: gold } },
      ],
    }),
    [bars, names, t],
  );
  return (
    <Chart
      title={t('ltv.histogram')}
      option={option}
      height={260}
      table={{
        head: [t('ltv.repeats'), t('ltv.actual'), t('ltv.expected')],
        rows: bars.map((bar, at) => [names[at], whole(bar.actual), whole(bar.expected)]),
      }}
    />
  );
}

/** Repeat purchases so far, day by day of the history. */
export function Tracking({ points }: { points: LtvPoint[] }) {
  const { t } = useTranslation('tiers');
  const option = useMemo(
    () => ({
      aria: { enabled: false },
      animationDuration: 300,
      grid,
      legend: { top: 0, left: 0, itemWidth: 18 },
      tooltip: { trigger: 'axis', valueFormatter: (value: number) => whole(value) },
      xAxis: {
        type: 'category',
        data: points.map((point) => point.day),
        boundaryGap: false,
        axisLabel: { formatter: (day: string) => day.slice(0, 7), hideOverlap: true },
      },
      yAxis: { type: 'value', splitNumber: 4 },
      series: [
        {
          type: 'line',
          name: t('ltv.actual'),
          data: points.map((point) => point.actual),
          showSymbol: false,
          lineStyle: { color: ink, width: 2.5 },
          itemStyle: { color: ink },
        },
        {
          type: 'line',
          name: t('ltv.expected'),
          data: points.map((point) => point.expected),
          showSymbol: false,
          lineStyle: { color: gold, width: 2, type: 'dashed' },
          itemStyle: { color: gold },
        },
      ],
    }),
    [points, t],
  );
  const step = Math.max(1, Math.ceil(points.length / 24));
  return (
    <Chart
      title={t('ltv.tracking')}
      option={option}
      height={260}
      table={{
        head: [t('ltv.day'), t('ltv.actual'), t('ltv.expected')],
        rows: points
          .filter((_, at) => at % step === 0 || at === points.length - 1)
          .map((point) => [point.day, whole(point.actual), whole(point.expected)]),
      }}
    />
  );
}
