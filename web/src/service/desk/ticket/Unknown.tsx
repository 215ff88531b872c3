import { UserAddOutlined } from '@ant-design/icons';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { App, Button, Select } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get, type Page, patch } from '../../../api/client';
import { messageOf } from '../../../api/problem';
import { useCan } from '../../../api/session';
import { CustomerForm } from '../../../customers/CustomerForm';
import { said } from '../../../i18n';
import { maskPhone } from '../../../kit/format';
import { LevelBadge } from '../../../kit/level';
import { useLevels } from '../../../kit/useLevels';
import { outdated } from '../api';
import type { WholeTicket } from '../types';

interface Suggestion {
  customer_id: string;
  name: string;
  level_rank: number;
  why?: { zh: string; en: string } | string;
}

interface Found {
  id: string;
  name: string;
  level_rank: number;
}

/** Whose ticket is it? Who it may be and why, a search, or a new customer. */
export function Unknown({ whole, may }: { whole: WholeTicket; may: boolean }) {
  const { t } = useTranslation('desk');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const can = useCan();
  const { byRank } = useLevels();
  const { ticket } = whole;
  const [typed, setTyped] = useState('');
  const [search, setSearch] = useState('');
  const [making, setMaking] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSearch(typed.trim()), 250);
    return () => clearTimeout(timer);
  }, [typed]);
  const suggestions = useQuery({
    queryKey: ['service', 'suggestions', ticket.id],
    queryFn: ({ signal }) => get<{ items: Suggestion[] }>(`/tickets/${ticket.id}/suggestions`, undefined, signal),
    retry: false,
  });
  const found = useQuery({
    queryKey: ['service', 'find', search],
    queryFn: ({ signal }) => get<Page<Found>>('/customers', { search, limit: 10 }, signal),
    enabled: search !== '',
  });
  const set = useMutation({
    mutationFn: (customer: string) =>
      patch(`/tickets/${ticket.id}`, { customer_id: customer }, { version: ticket.version }),
    onSuccess: () => {
      outdated(queries, ticket.id);
      void message.success(t('unknown.done'));
    },
    onError: (error) => void message.error(messageOf(error)),
  });
  const keys = ticket.sender_keys;
  return (
    <section className="panel side-card unknown-card" aria-label={t('unknown.title')}>
      <h2>{t('unknown.title')}</h2>
      <p>
        <b>{ticket.sender || t('unknown.sender')}</b>
        <span className="quiet">
          {[keys?.phone && maskPhone(keys.phone), keys?.email, keys?.external?.join(' ')].filter(Boolean).map((one) => (
            <span key={String(one)}> · {one}</span>
          ))}
        </span>
      </p>
      {(suggestions.data?.items.length ?? 0) > 0 && (
        <>
          <p className="quiet">{t('unknown.maybe')}</p>
          <ul className="suggestions">
            {suggestions.data?.items.map((one) => (
              <li key={one.customer_id}>
                <span>
                  <b>{one.name}</b> <LevelBadge {...byRank.get(one.level_rank)} rank={one.level_rank} />
                  {one.why && <span className="quiet suggestion-why">{said(one.why)}</span>}
                </span>
                {may && (
                  <Button size="small" loading={set.isPending} onClick={() => set.mutate(one.customer_id)}>
                    {t('unknown.take')}
                    <span className="visually-hidden">{one.name}</span>
                  </Button>
                )}
              </li>
            ))}
          </ul>
        </>
      )}
      {may && (
        <>
          <Select
            showSearch={{ filterOption: false, onSearch: setTyped }}
            style={{ width: '100%' }}
            value={null}
            placeholder={t('unknown.search')}
            aria-label={t('unknown.search')}
            loading={found.isFetching}
            notFoundContent={t(search ? 'unknown.none' : 'unknown.search')}
            options={(found.data?.items ?? []).map((one) => ({ value: one.id, label: one.name, rank: one.level_rank }))}
            optionRender={({ label, data }) => (
              <span className="pick-person">
                <span>{label}</span>
                <LevelBadge {...byRank.get(data.rank)} rank={data.rank} />
              </span>
            )}
            onChange={(id: string | null) => id && set.mutate(id)}
          />
          {can('edit_customers') && (
            <Button type="link" className="flat" icon={<UserAddOutlined />} onClick={() => setMaking(true)}>
              {t('unknown.new')}
            </Button>
          )}
        </>
      )}
      <CustomerForm
        open={making}
        onClose={() => setMaking(false)}
        onDone={(id) => {
          setMaking(false);
          set.mutate(id);
        }}
      />
    </section>
  );
}
