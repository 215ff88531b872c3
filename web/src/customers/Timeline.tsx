import {
  CommentOutlined,
  CustomerServiceOutlined,
  MailOutlined,
  PhoneOutlined,
  RollbackOutlined,
  ShopOutlined,
  ShoppingOutlined,
  WechatOutlined,
} from '@ant-design/icons';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Button, Segmented, Skeleton } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get, type Page } from '../api/client';
import { Empty } from '../kit/Empty';
import { ErrorView } from '../kit/ErrorView';
import { InstantText, Money, RelativeTime } from '../kit/texts';
import { useUrlState } from '../kit/useUrlState';
import { type Activity, type Customer, useStaff } from './api';

const channelIcons: Record<string, ReactNode> = {
  phone: <PhoneOutlined />,
  wechat: <WechatOutlined />,
  email: <MailOutlined />,
  visit: <CustomerServiceOutlined />,
  store: <ShopOutlined />,
};

/** The channels that have words of their own; others are shown as they came. */
export const channels = ['phone', 'wechat', 'visit', 'store', 'email', 'online', 'community', 'other'] as const;

/** The customer's life with us, newest first. */
export function Timeline({ customer, onRecord }: { customer: Customer; onRecord?: () => void }) {
  const { t } = useTranslation('customers');
  const [state, change] = useUrlState();
  const kind = ['order', 'refund', 'interaction'].includes(state.kind ?? '') ? state.kind : undefined;
  const staff = useStaff().data ?? [];
  const pages = useInfiniteQuery({
    queryKey: ['customer', customer.id, 'timeline', kind],
    queryFn: ({ pageParam, signal }) =>
      get<Page<Activity>>(
        `/customers/${customer.id}/timeline`,
        { kind, after: pageParam || undefined, limit: 30 },
        signal,
      ),
    initialPageParam: '',
    getNextPageParam: (last) => last.next || undefined,
  });
  const items = pages.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section aria-label={t('tab.timeline')}>
      <Segmented
        value={kind ?? ''}
        onChange={(value) => change({ kind: value || null })}
        options={[
          { value: '', label: t('timeline.all') },
          { value: 'order', label: t('timeline.order') },
          { value: 'refund', label: t('timeline.refund') },
          { value: 'interaction', label: t('timeline.interaction') },
        ]}
        style={{ marginBottom: 16 }}
      />
      {pages.isPending && <Skeleton active paragraph={{ rows: 5 }} />}
      {pages.isError && <ErrorView error={pages.error} onRetry={() => pages.refetch()} />}
      {pages.isSuccess && items.length === 0 && (
        <Empty
          title={t('timeline.empty')}
          note={t('timeline.empty_note')}
          action={onRecord && <Button onClick={onRecord}>{t('record.button')}</Button>}
        />
      )}
      <ol className="timeline">
        {items.map((item) => (
          <Item key={item.id} item={item} by={staff.find((one) => one.id === item.staff_id)?.name ?? item.staff_name} />
        ))}
      </ol>
      {pages.hasNextPage && (
        <div className="list-more">
          <Button loading={pages.isFetchingNextPage} onClick={() => pages.fetchNextPage()}>
            {t('kit:list.more')}
          </Button>
        </div>
      )}
    </section>
  );
}

function Item({ item, by }: { item: Activity; by?: string | null }) {
  const { t, i18n } = useTranslation('customers');
  const [open, setOpen] = useState(false);
  const channel =
    item.channel && (i18n.exists(`customers:channel.${item.channel}`) ? t(`channel.${item.channel}`) : item.channel);
  const lines = item.lines ?? [];
  const icon =
    item.kind === 'order' ? (
      <ShoppingOutlined />
    ) : item.kind === 'refund' ? (
      <RollbackOutlined />
    ) : (
      (channelIcons[item.channel ?? ''] ?? <CommentOutlined />)
    );
  return (
    <li className={`event ${item.kind}`}>
      <span className="event-icon" aria-hidden>
        {icon}
      </span>
      <div className="event-body">
        <div className="event-head">
          <b>
            {item.kind === 'interaction'
              ? item.subject || (item.direction ? t(`direction.${item.direction}`) : t('timeline.interaction'))
              : t(`timeline.${item.kind}`)}
          </b>
          {item.amount && item.kind !== 'interaction' && (
            <b>
              {item.kind === 'refund' && '−'}
              <Money value={item.amount} />
            </b>
          )}
          <span className="event-time quiet">
            <InstantText value={item.occurred_at} /> · <RelativeTime value={item.occurred_at} />
          </span>
        </div>
        {item.body && <p className="note-text">{item.body}</p>}
        <div className="quiet event-foot">
          {[
            item.kind !== 'interaction' && t('timeline.number', { id: item.source_id }),
            channel,
            item.kind === 'interaction' && item.subject && item.direction && t(`direction.${item.direction}`),
            by && t('timeline.by', { name: by }),
          ]
            .filter(Boolean)
            .join(' · ')}
          {lines.length > 0 && (
            <Button type="link" size="small" aria-expanded={open} onClick={() => setOpen(!open)}>
              {open ? t('timeline.hide_lines') : t('timeline.lines', { count: lines.length })}
            </Button>
          )}
        </div>
        {open && (
          <table className="lines">
            <thead>
              <tr>
                <th scope="col">{t('timeline.sku')}</th>
                <th scope="col">{t('timeline.quantity')}</th>
                <th scope="col">{t('timeline.amount')}</th>
              </tr>
            </thead>
            <tbody>
              {lines.map((line, index) => (
                <tr key={index}>
                  <td>{[line.sku, line.name, line.category].filter(Boolean).join(' · ') || '–'}</td>
                  <td>{line.quantity ?? '–'}</td>
                  <td>
                    <Money value={line.amount} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </div>
    </li>
  );
}
