import antd from 'antd/locale/zh_CN';
import 'dayjs/locale/zh-cn';

// One file per room; a room's file is its namespace. The room of service has one for each of its parts.
const files = import.meta.glob<Record<string, unknown>>(['../*/zh-CN.json', '../service/*/zh-CN.json'], {
  eager: true,
  import: 'default',
});

export default { antd, dayjs: 'zh-cn', files };
