import { PlusOutlined } from '@ant-design/icons';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Button, Segmented, Skeleton } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { get, type Page } from '../../api/client';
import { useCan } from '../../api/session';
import { Empty } from '../../kit/Empty';
import { ErrorView } from '../../kit/ErrorView';
import { More } from '../../tiers/life/More';
import { keys } from './api';
import { TicketLine } from './parts';
import { type TicketRow, UNDONE } from './types';
import { useLive } from './useLive';
import './desk.css';

/** The tickets of one customer, on his page. */
export default function CustomerTickets({ customerId }: { customerId: string }) {
  const { t } = useTranslation('desk');
  const may = useCan()('work_tickets');
  const [open, setOpen] = useState(false);
  useLive();
  const pages = useInfiniteQuery({
    queryKey: [...keys.lines, 'customer', customerId, open],
    queryFn: ({ pageParam, signal }) =>
      get<Page<TicketRow>>(
        '/tickets',
        {
          view: 'all',
          customer: customerId,
          state: open ? UNDONE : undefined,
          sort: '-opened',
          limit: 20,
          after: pageParam || undefined,
        },
        signal,
      ),
    initialPageParam: '',
    getNextPageParam: (last) => last.next || undefined,
  });
  const rows = pages.data?.pages.flatMap((page) => page.items) ?? [];
  const button = may && (
    <Link to={`/service/tickets/new?customer=${customerId}`}>
      <Button icon={<PlusOutlined />}>{t('new.button')}</Button>
    </Link>
  );
  return (
    <section className="tk-lines" aria-label={t('list.title')}>
      <div className="tk-lines-bar">
        <Segmented
          value={open ? 'open' : 'all'}
          aria-label={t('talk.show')}
          onChange={(value) => setOpen(value === 'open')}
          options={[
            { value: 'all', label: t('view.all') },
            { value: 'open', label: t('panel.open') },
          ]}
        />
        {rows.length > 0 && button}
      </div>
      {pages.isPending && <Skeleton active paragraph={{ rows: 4 }} />}
      {pages.isError && <ErrorView error={pages.error} onRetry={() => pages.refetch()} />}
      {pages.isSuccess && rows.length === 0 && (
        <Empty title={t(open ? 'panel.none_open' : 'panel.none')} note={t('panel.note')} action={button} />
      )}
      <ul>
        {rows.map((row) => (
          <li key={row.id}>
            <TicketLine row={row} />
          </li>
        ))}
      </ul>
      <More pages={pages} shown={rows.length} />
    </section>
  );
}
