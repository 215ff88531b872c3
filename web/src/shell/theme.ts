import type { ThemeConfig } from 'antd';

/** Deep ink on warm paper, gold for what is honoured. Contrast of text colours on paper is at least 4.5 : 1. */
export const ink = '#1e2a44';
export const gold = '#8a6420';
export const goldLight = '#e3c27a';
export const paper = '#f6f4ef';

/** Level colours by rank where the level brings none of its own: plain, silver, gold, platinum, diamond … */
export const levelColours = ['#6b7280', '#5b7083', '#8a6420', '#3f6d78', '#4b3f8f', '#7a2e4d', '#1f5f4a', '#7b4a21'];

/** Series colours of charts, told apart without relying on hue alone (light to dark). */
export const chartColours = ['#1e2a44', '#b88a3a', '#5b7f95', '#a9583e', '#6d8b5e', '#8a78a8', '#c9b27c', '#47536b'];

export const theme: ThemeConfig = {
  cssVar: { key: 'zunke' },
  hashed: false,
  token: {
    colorPrimary: '#2b4170',
    colorInfo: '#2b4170',
    colorLink: '#2b4f8f',
    colorLinkHover: '#1e3a6e',
    colorLinkActive: '#1e2a44',
    colorPrimaryHover: '#3a5286',
    colorPrimaryActive: '#1e2a44',
    colorSuccess: '#23744f',
    colorWarning: '#8a5d0f',
    colorError: '#b3352f',
    // Tints by hand: those that are derived from dark colours come out grey.
    colorPrimaryBg: '#eef1f7',
    colorPrimaryBgHover: '#e2e8f3',
    colorPrimaryBorder: '#b9c6de',
    colorPrimaryBorderHover: '#93a6c9',
    colorInfoBg: '#eff4fb',
    colorInfoBorder: '#cddaee',
    colorSuccessBg: '#edf7f1',
    colorSuccessBorder: '#bfe0cd',
    colorWarningBg: '#fdf6e6',
    colorWarningBorder: '#ead8ab',
    colorErrorBg: '#fdf1ef',
    colorErrorBorder: '#eec7c2',
    colorErrorBgHover: '#fbe6e3',
    colorTextBase: '#1c2333',
    colorTextSecondary: '#525a6b',
    colorTextTertiary: '#646c7c',
    colorTextDescription: '#5b6373',
    colorTextPlaceholder: '#6b7280',
    colorBgLayout: paper,
    colorBorder: '#d6d2c8',
    colorBorderSecondary: '#e8e4db',
    borderRadius: 8,
    borderRadiusLG: 12,
    fontSize: 14,
    fontFamily:
      'Inter, -apple-system, BlinkMacSystemFont, "Segoe UI", "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", sans-serif',
    boxShadowTertiary: '0 1px 2px rgba(30, 42, 68, 0.05)',
    motionDurationMid: '0.14s',
    motionDurationSlow: '0.2s',
  },
  components: {
    Layout: { bodyBg: paper, siderBg: '#fdfcf9', headerBg: '#fdfcf9' },
    Menu: {
      itemBg: 'transparent',
      itemSelectedBg: '#efe8d8',
      itemSelectedColor: '#1e2a44',
      itemHoverBg: '#f4efe4',
      itemHeight: 42,
      itemBorderRadius: 8,
      activeBarBorderWidth: 0,
    },
    Table: { headerBg: '#faf8f3', headerColor: '#525a6b', rowHoverBg: '#faf6ec', cellPaddingBlock: 11 },
    Card: { bodyPadding: 20, headerFontSize: 15 },
    Button: { primaryShadow: 'none', defaultShadow: 'none' },
    Statistic: { contentFontSize: 26 },
  },
};
