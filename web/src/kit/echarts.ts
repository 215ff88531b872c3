import { BarChart, HeatmapChart, LineChart, PieChart, RadarChart, SankeyChart } from 'echarts/charts';
import {
  AriaComponent,
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  RadarComponent,
  TooltipComponent,
  VisualMapComponent,
} from 'echarts/components';
import * as echarts from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { chartColours } from '../shell/theme';

// Only what the pages draw: the whole of ECharts would be three times as much to download.
echarts.use([
  BarChart,
  HeatmapChart,
  LineChart,
  PieChart,
  RadarChart,
  SankeyChart,
  AriaComponent,
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  RadarComponent,
  TooltipComponent,
  VisualMapComponent,
  SVGRenderer,
]);

echarts.registerTheme('zunke', {
  color: chartColours,
  textStyle: { fontFamily: 'inherit', color: '#525a6b' },
  categoryAxis: {
    axisLine: { lineStyle: { color: '#d6d2c8' } },
    axisTick: { show: false },
    axisLabel: { color: '#525a6b' },
  },
  valueAxis: { splitLine: { lineStyle: { color: '#eeeae1' } }, axisLabel: { color: '#525a6b' } },
  // Drawn, not written as HTML: the page's policy takes no inline styles, and no name can become a tag.
  tooltip: { renderMode: 'richText', confine: true },
});

export const init = echarts.init;
