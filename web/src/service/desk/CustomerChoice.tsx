import { useQuery } from '@tanstack/react-query';
import { Select } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get, type Page } from '../../api/client';
import { LevelBadge } from '../../kit/level';
import { useLevels } from '../../kit/useLevels';
import './desk.css';

interface Found {
  id: string;
  name: string;
  level_rank: number;
}

/** Finds a customer by name, pinyin, phone or e-mail. */
export function CustomerChoice({
  id,
  value,
  onChange,
  asked,
  autoFocus,
}: {
  id?: string;
  value?: string;
  onChange?: (id: string | undefined) => void;
  asked?: string;
  autoFocus?: boolean;
}) {
  const { t } = useTranslation('desk');
  const { byRank } = useLevels();
  const [typed, setTyped] = useState('');
  const [search, setSearch] = useState('');
  useEffect(() => {
    const timer = setTimeout(() => setSearch(typed.trim()), 250);
    return () => clearTimeout(timer);
  }, [typed]);
  const chosen = value ?? asked;
  const one = useQuery({
    queryKey: ['customer', chosen],
    queryFn: ({ signal }) => get<Found>(`/customers/${chosen}`, undefined, signal),
    enabled: Boolean(chosen),
    retry: false,
  });
  const found = useQuery({
    queryKey: ['service', 'find', search],
    queryFn: ({ signal }) => get<Page<Found>>('/customers', { search, limit: 10 }, signal),
    enabled: search !== '',
  });
  const rows = search ? (found.data?.items ?? []) : [];
  const all = one.data && !rows.some((row) => row.id === one.data.id) ? [one.data, ...rows] : rows;
  return (
    <Select
      id={id}
      showSearch={{ filterOption: false, onSearch: setTyped }}
      autoFocus={autoFocus}
      allowClear
      value={one.data || !chosen ? value : undefined}
      placeholder={t('common:shell.search')}
      loading={found.isFetching}
      notFoundContent={t(search ? 'unknown.none' : 'common:shell.search')}
      options={all.map((row) => ({ value: row.id, label: row.name, rank: row.level_rank }))}
      optionRender={({ label, data }) => (
        <span className="pick-person">
          <span>{label}</span>
          <LevelBadge {...byRank.get(data.rank)} rank={data.rank} />
        </span>
      )}
      onChange={(next?: string) => onChange?.(next)}
    />
  );
}
