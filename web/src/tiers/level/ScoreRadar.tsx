import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { said } from '../../i18n';
import { Chart } from '../../kit/Chart';
import { gold, ink } from '../../shell/theme';
import type { DimensionRow } from '../explain';

/** The score as a shape: points of each dimension that takes part. */
export function ScoreRadar({ dimensions }: { dimensions: DimensionRow[] }) {
  const { t, i18n } = useTranslation('tiers');
  // biome-ignore lint/correctness/useExhaustiveDependencies: the names follow the language
  const option = useMemo(
    () => ({
      aria: { enabled: false },
      animationDuration: 300,
      radar: {
        radius: '58%',
        indicator: dimensions.map((row) => ({ name: `${said(row.name)}\n${row.points.toFixed(0)}`, max: 100 })),
        axisName: { color: '#3a4356', fontSize: 12, lineHeight: 16 },
        splitNumber: 4,
        splitArea: { areaStyle: { color: ['#fff', '#faf8f3'] } },
        splitLine: { lineStyle: { color: '#e8e4db' } },
        axisLine: { lineStyle: { color: '#e8e4db' } },
      },
      series: [
        {
          type: 'radar',
          symbolSize: 5,
          lineStyle: { color: ink, width: 2 },
          itemStyle: { color: gold },
          areaStyle: { color: 'rgba(30, 42, 68, 0.12)' },
          data: [{ value: dimensions.map((row) => row.points) }],
        },
      ],
    }),
    [dimensions, i18n.language],
  );
  return (
    <Chart
      title={t('explain.radar')}
      option={option}
      height={260}
      table={{
        head: [t('explain.dimension'), t('explain.points')],
        rows: dimensions.map((row) => [said(row.name), row.points.toFixed(1)]),
      }}
    />
  );
}
