import { useQuery } from '@tanstack/react-query';
import { Select } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get, type Page } from '../../../api/client';
import type { Ticket, TicketRow } from '../types';

/** Finds another ticket: first those of the same customer, then whatever is typed, by number or words. */
export function TicketPicker({
  ticket,
  value,
  onChange,
}: {
  ticket: Ticket;
  value?: TicketRow;
  onChange: (row: TicketRow | undefined) => void;
}) {
  const { t } = useTranslation('desk');
  const [typed, setTyped] = useState('');
  const [search, setSearch] = useState('');
  useEffect(() => {
    const timer = setTimeout(() => setSearch(typed.trim()), 250);
    return () => clearTimeout(timer);
  }, [typed]);
  const query = search ? { view: 'all', search, limit: 20 } : { view: 'all', customer: ticket.customer?.id, limit: 20 };
  const found = useQuery({
    queryKey: ['service', 'pick', query],
    queryFn: ({ signal }) => get<Page<TicketRow>>('/tickets', query, signal),
    enabled: Boolean(search || ticket.customer),
  });
  const rows = (found.data?.items ?? []).filter((row) => row.id !== ticket.id);
  return (
    <Select
      showSearch={{ filterOption: false, onSearch: setTyped }}
      style={{ width: '100%' }}
      autoFocus
      value={value?.id}
      loading={found.isFetching}
      placeholder={t('pick.hint')}
      aria-label={t('pick.hint')}
      notFoundContent={t(search ? 'pick.none' : 'pick.hint')}
      options={(value && !rows.some((row) => row.id === value.id) ? [value, ...rows] : rows).map((row) => ({
        value: row.id,
        label: `#${row.number} ${row.subject}`,
        row,
      }))}
      optionRender={({ data: { row } }) => (
        <span className="pick">
          <b>
            #{row.number} {row.subject}
          </b>
          <span className="quiet">
            {row.customer?.name ?? row.sender ?? t('unknown.sender')} · {t(`state.${row.state}`)}
          </span>
        </span>
      )}
      onChange={(id) => onChange(rows.find((row) => row.id === id))}
    />
  );
}
