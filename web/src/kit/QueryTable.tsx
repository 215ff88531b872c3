import { ColumnHeightOutlined, DownloadOutlined } from '@ant-design/icons';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Button, Checkbox, Dropdown, Grid, Popover, Skeleton, Table, type TableColumnsType } from 'antd';
import { type Key, type ReactNode, useCallback, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get, type Page, type Query, url } from '../api/client';
import { ErrorView } from './ErrorView';
import { count } from './format';
import { useRowKeys } from './useRowKeys';

export interface QueryColumn<Row> {
  key: string;
  title: string;
  render: (row: Row) => ReactNode;
  /** The server's name of the field, when the list can be sorted by it. */
  sort?: string;
  /** Largest first on the first click (amounts, scores, days). */
  descendingFirst?: boolean;
  align?: 'right' | 'center';
  width?: number;
  /** Not shown until the person chooses it. */
  hidden?: boolean;
  /** Always shown. */
  always?: boolean;
}

interface Props<Row> {
  /** Names the list; the column choice is kept under it. */
  name: string;
  label: string;
  path: string;
  query?: Query;
  sort?: string;
  onSort?: (sort: string) => void;
  columns: QueryColumn<Row>[];
  rowKey: (row: Row) => string;
  onOpen?: (row: Row) => void;
  /** One row as a card, for phones. */
  card?: (row: Row) => ReactNode;
  /** What stands here when there is nothing (at all, or for these filters). */
  empty: ReactNode;
  countPath?: string;
  /** Its words for the number of rows: `共 4,372 位客户`. */
  countText?: (rows: string) => string;
  exportPath?: string;
  selected?: Key[];
  onSelect?: (keys: Key[], rows: Row[]) => void;
  /** Left of the list's own buttons. */
  toolbar?: ReactNode;
  limit?: number;
}

/** A list of the server: filtered, sorted and paged there, so that a million rows are as quick as fifty. */
export function QueryTable<Row extends object>(props: Props<Row>) {
  const { name, path, query, sort, columns, rowKey, onOpen, limit = 50 } = props;
  const { t } = useTranslation('kit');
  const phone = !Grid.useBreakpoint().md;
  const [shown, choose] = useColumnChoice(name, columns);

  const pages = useInfiniteQuery({
    queryKey: ['list', path, query, sort, limit],
    queryFn: ({ pageParam, signal }) =>
      get<Page<Row>>(path, { ...query, sort, limit, after: pageParam || undefined }, signal),
    initialPageParam: '',
    getNextPageParam: (last) => last.next || undefined,
    placeholderData: (before) => before,
  });
  const total = useQuery({
    queryKey: ['count', props.countPath, query],
    queryFn: ({ signal }) => get<{ count: number }>(props.countPath ?? '', query, signal),
    enabled: !!props.countPath,
    placeholderData: (before) => before,
  });
  const rows = useMemo(() => pages.data?.pages.flatMap((page) => page.items) ?? [], [pages.data]);
  const open = useCallback(
    (index: number) => {
      const row = rows[index];
      if (row) onOpen?.(row);
    },
    [rows, onOpen],
  );
  const chosen = useRowKeys(rows.length, onOpen ? open : undefined);

  const field = sort?.replace(/^-/, '');
  const tableColumns: TableColumnsType<Row> = columns
    .filter((column) => column.always || shown.includes(column.key))
    .map((column) => ({
      key: column.key,
      title: column.title,
      align: column.align,
      width: column.width,
      render: (_: unknown, row: Row) => column.render(row),
      sorter: !!column.sort,
      sortDirections: column.descendingFirst ? ['descend', 'ascend', 'descend'] : ['ascend', 'descend', 'ascend'],
      sortOrder: column.sort && column.sort === field ? (sort?.startsWith('-') ? 'descend' : 'ascend') : null,
      showSorterTooltip: false,
    }));

  if (pages.isError && rows.length === 0) return <ErrorView error={pages.error} onRetry={() => pages.refetch()} />;
  const nothing = pages.isSuccess && rows.length === 0 && !pages.isPlaceholderData;

  return (
    <section className="list" aria-label={props.label} aria-busy={pages.isFetching}>
      <div className="list-bar">
        <div className="list-bar-left">{props.toolbar}</div>
        <div className="list-bar-right">
          {props.countPath && total.data && (
            <span className="quiet" role="status">
              {props.countText
                ? props.countText(count(total.data.count))
                : t('list.rows', { n: count(total.data.count) })}
            </span>
          )}
          {!phone && (
            <Popover
              trigger="click"
              placement="bottomRight"
              content={
                <Checkbox.Group
                  className="column-choice"
                  value={shown}
                  onChange={choose}
                  options={columns
                    .filter((column) => !column.always)
                    .map((column) => ({ value: column.key, label: column.title }))}
                />
              }
            >
              <Button type="text" icon={<ColumnHeightOutlined rotate={90} />} aria-label={t('list.columns')}>
                {t('list.columns')}
              </Button>
            </Popover>
          )}
          {props.exportPath && (
            <Dropdown
              trigger={['click']}
              menu={{
                items: (['csv', 'xlsx'] as const).map((format) => ({
                  key: format,
                  label: (
                    <a href={url(props.exportPath ?? '', { ...query, sort, format })} download>
                      {t(`list.export_${format}`)}
                    </a>
                  ),
                })),
              }}
            >
              <Button type="text" icon={<DownloadOutlined />} aria-label={t('list.export')}>
                {phone ? undefined : t('list.export')}
              </Button>
            </Dropdown>
          )}
        </div>
      </div>
      {pages.isPending ? (
        <div className="list-waiting">
          <Skeleton active title={false} paragraph={{ rows: 8, width: '100%' }} />
        </div>
      ) : nothing ? (
        <div className="sheet">{props.empty}</div>
      ) : phone && props.card ? (
        <ul className="cards">
          {rows.map((row, index) => (
            <li key={rowKey(row)} data-row-chosen={index === chosen}>
              {props.card?.(row)}
            </li>
          ))}
        </ul>
      ) : (
        <Table<Row>
          className="sheet"
          size="middle"
          columns={tableColumns}
          dataSource={rows}
          rowKey={rowKey}
          pagination={false}
          scroll={{ x: 'max-content' }}
          sticky={{ offsetHeader: 60 }}
          rowSelection={
            props.onSelect && {
              selectedRowKeys: props.selected,
              onChange: props.onSelect,
              getCheckboxProps: () => ({ 'aria-label': t('list.select_row') }) as object,
            }
          }
          onRow={(row, index) =>
            ({
              onClick: (event: React.MouseEvent) => {
                const target = event.target as HTMLElement;
                if (target.closest('a, button, input, label, .ant-table-selection-column')) return;
                if (window.getSelection()?.toString()) return;
                onOpen?.(row);
              },
              className: `${onOpen ? 'row-opens' : ''} ${index === chosen ? 'row-chosen' : ''}`,
              'data-row-chosen': index === chosen,
            }) as object
          }
          onChange={(_pagination, _filters, sorter, { action }) => {
            if (action !== 'sort' || Array.isArray(sorter)) return;
            const column = columns.find((one) => one.key === sorter.columnKey);
            if (column?.sort) props.onSort?.(sorter.order === 'descend' ? `-${column.sort}` : column.sort);
          }}
        />
      )}
      {pages.hasNextPage && (
        <div className="list-more">
          <Button onClick={() => pages.fetchNextPage()} loading={pages.isFetchingNextPage}>
            {t('list.more')}
          </Button>
          <span className="quiet">
            {total.data
              ? t('list.shown_of', { shown: count(rows.length), total: count(total.data.count) })
              : t('list.shown', { shown: count(rows.length) })}
          </span>
        </div>
      )}
      {pages.isError && rows.length > 0 && <ErrorView error={pages.error} onRetry={() => pages.refetch()} />}
    </section>
  );
}

/** Which columns are shown, kept in this browser. */
function useColumnChoice<Row>(name: string, columns: QueryColumn<Row>[]): [string[], (keys: string[]) => void] {
  const store = `zunke.columns.${name}`;
  const usual = columns.filter((column) => !column.hidden && !column.always).map((column) => column.key);
  const [kept, setKept] = useState<string[] | undefined>(() => {
    try {
      const text = localStorage.getItem(store);
      return text ? (JSON.parse(text) as string[]) : undefined;
    } catch {
      return undefined;
    }
  });
  return [
    kept ?? usual,
    (keys) => {
      localStorage.setItem(store, JSON.stringify(keys));
      setKept(keys);
    },
  ];
}
