import antd from 'antd/locale/en_US';

const files = import.meta.glob<Record<string, unknown>>(['../*/en.json', '../service/*/en.json'], {
  eager: true,
  import: 'default',
});

export default { antd, dayjs: 'en', files };
