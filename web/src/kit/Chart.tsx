import { Skeleton, Switch } from 'antd';
import type { EChartsCoreOption, EChartsType } from 'echarts/core';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';

interface Props {
  /** What the picture shows, for those who don't see it and as the table's caption. */
  title: string;
  option: EChartsCoreOption;
  height?: number;
  /** The numbers behind the picture: first row of heads, then rows. */
  table: { head: ReactNode[]; rows: ReactNode[][] };
  onPick?: (params: { name: string; dataIndex: number; data: unknown; seriesIndex?: number }) => void;
}

/** An ECharts picture (its own chunk, fetched when the first one is drawn) with the table behind it. */
export function Chart({ title, option, height = 280, table, onPick }: Props) {
  const { t } = useTranslation('kit');
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType>(undefined);
  const pick = useRef(onPick);
  pick.current = onPick;
  const [ready, setReady] = useState(false);
  const [asTable, setAsTable] = useState(false);

  useEffect(() => {
    if (asTable) return;
    let alive = true;
    let observer: ResizeObserver | undefined;
    void import('./echarts').then(({ init }) => {
      if (!alive || !host.current) return;
      chart.current = init(host.current, 'zunke', { renderer: 'svg' });
      chart.current.on('click', (params) => pick.current?.(params as never));
      observer = new ResizeObserver(() => chart.current?.resize());
      observer.observe(host.current);
      setReady(true);
    });
    return () => {
      alive = false;
      observer?.disconnect();
      chart.current?.dispose();
      chart.current = undefined;
      setReady(false);
    };
  }, [asTable]);

  useEffect(() => {
    if (ready) chart.current?.setOption(option, { notMerge: true });
  }, [ready, option]);

  return (
    <figure className="chart" aria-label={title}>
      <div className="chart-switch">
        <Switch
          size="small"
          checked={asTable}
          onChange={setAsTable}
          aria-label={t('chart.as_table', { title })}
          id={undefined}
        />
        <span aria-hidden>{t('chart.table')}</span>
      </div>
      {!asTable && (
        <div style={{ height, position: 'relative' }}>
          {!ready && <Skeleton.Node active style={{ width: '100%', height }} classNames={{ root: 'chart-waiting' }} />}
          <div ref={host} style={{ height }} aria-hidden />
        </div>
      )}
      <div className={asTable ? 'chart-table' : 'visually-hidden'}>
        <table>
          <caption className="visually-hidden">{title}</caption>
          <thead>
            <tr>
              {table.head.map((cell, index) => (
                <th key={index} scope="col">
                  {cell}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {table.rows.map((row, index) => (
              <tr key={index}>
                {row.map((cell, column) => (
                  <td key={column}>{cell}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </figure>
  );
}
