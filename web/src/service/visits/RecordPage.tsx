import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, DatePicker, Input, Segmented, Select } from 'antd';
import dayjs from 'dayjs';
import { useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate, useSearchParams } from 'react-router';
import { get, newKey, type Page, patch, post } from '../../api/client';
import { messageOf } from '../../api/problem';
import { PageHeader } from '../../kit/PageHeader';
import { KINDS, type Kind, MOODS, type Mood, useVisits } from './api';
import './visits.css';

interface Found {
  id: string;
  name: string;
  phones?: string[];
  city?: string | null;
}

interface Draft {
  kind: Kind;
  notes: string;
  mood?: Mood;
  next: string;
  due?: string;
}

const EMPTY: Draft = { kind: 'visit', notes: '', next: '' };
const STORED = 'zunke.visit.';

function stored(customer: string): Draft {
  try {
    return { ...EMPTY, ...(JSON.parse(localStorage.getItem(STORED + customer) ?? '{}') as Partial<Draft>) };
  } catch {
    return EMPTY;
  }
}

/** Records a visit in half a minute, one-handed: who, how, what was said, what comes next. What is typed stays on the
 * phone until it is saved. */
export default function RecordPage() {
  const { t } = useTranslation('visits');
  const { message } = App.useApp();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [search, change] = useSearchParams();
  const customer = search.get('customer') ?? '';
  const visit = search.get('visit') ?? '';
  const [words, look] = useState('');
  const [draft, write] = useState<Draft>(() => stored(customer));
  // The same words sent twice over a bad line are one visit.
  const key = useMemo(() => newKey(), []);
  useEffect(() => write(stored(customer)), [customer]);
  useEffect(() => {
    if (customer) localStorage.setItem(STORED + customer, JSON.stringify(draft));
  }, [customer, draft]);
  const found = useQuery({
    queryKey: ['service', 'visit-customers', words],
    queryFn: ({ signal }) => get<Page<Found>>('/customers', { search: words || undefined, limit: 8 }, signal),
    enabled: !customer,
    placeholderData: (before) => before,
  });
  const chosen = useQuery({
    queryKey: ['customer', customer],
    queryFn: ({ signal }) => get<Found>(`/customers/${customer}`, undefined, signal),
    enabled: !!customer,
  });
  const planned = useVisits({ customer_id: customer || undefined, state: 'planned', staff_id: 'me', limit: 5 });
  // What is planned for these days is what was made; a visit of next month stays planned.
  const near = planned.data?.items.find((one) => Math.abs(dayjs(one.day).diff(dayjs(), 'day')) <= 7);
  const open = visit ? planned.data?.items.find((one) => one.id === visit) : near;
  const save = useMutation({
    mutationFn: async (state: 'done' | 'planned') => {
      const next = draft.next.trim() ? { title: draft.next.trim(), due_day: draft.due } : undefined;
      const body = { kind: draft.kind, notes: draft.notes, mood: draft.mood, next };
      if (open) return patch(`/visits/${open.id}`, { ...body, state }, { version: open.version, key });
      return post('/visits', { ...body, customer_id: customer, state }, { key });
    },
    onSuccess: () => {
      localStorage.removeItem(STORED + customer);
      void queries.invalidateQueries({ queryKey: ['service'] });
      void queries.invalidateQueries({ queryKey: ['timeline'] });
      void message.success(t('saved'));
      navigate(-1);
    },
  });
  const set = (part: Partial<Draft>) => write({ ...draft, ...part });
  const choose = (id: string) => {
    const next = new URLSearchParams(search);
    if (id) next.set('customer', id);
    else {
      next.delete('customer');
      next.delete('visit');
    }
    change(next, { replace: true });
  };
  const days = [1, 3, 7, 14];
  return (
    <div className="vs vs-record">
      <PageHeader title={t('record')} back={{ to: '/service/visits', label: t('title') }} />
      <section className="panel">
        <h2>{t('who')}</h2>
        {customer ? (
          <div className="vs-chosen">
            <strong>{chosen.data?.name ?? '…'}</strong>
            <span className="quiet">{[chosen.data?.city, chosen.data?.phones?.[0]].filter(Boolean).join(' · ')}</span>
            <Button size="small" onClick={() => choose('')}>
              {t('other')}
            </Button>
          </div>
        ) : (
          <>
            <Input.Search
              size="large"
              aria-label={t('find')}
              placeholder={t('find')}
              value={words}
              allowClear
              onChange={(event) => look(event.target.value)}
            />
            <ul className="vs-found">
              {found.data?.items.map((one) => (
                <li key={one.id}>
                  <button type="button" onClick={() => choose(one.id)}>
                    <strong>{one.name}</strong>
                    <span className="quiet">{[one.city, one.phones?.[0]].filter(Boolean).join(' · ')}</span>
                  </button>
                </li>
              ))}
              {found.data?.items.length === 0 && <li className="quiet">{t('found_none')}</li>}
            </ul>
          </>
        )}
        {chosen.isError && <Alert type="error" showIcon title={messageOf(chosen.error)} />}
        {open && <p className="quiet">{t('of_plan', { day: open.day })}</p>}
      </section>
      {customer && (
        <section className="panel vs-form">
          <Segmented
            block
            size="large"
            aria-label={t('how')}
            value={draft.kind}
            onChange={(kind) => set({ kind })}
            options={KINDS.map((value) => ({ value, label: t(`kind.${value}`) }))}
          />
          <Input.TextArea
            aria-label={t('notes')}
            placeholder={t('notes')}
            value={draft.notes}
            maxLength={4000}
            autoSize={{ minRows: 4 }}
            onChange={(event) => set({ notes: event.target.value })}
          />
          <Segmented
            block
            size="large"
            aria-label={t('mood_label')}
            value={draft.mood ?? ''}
            onChange={(mood) => set({ mood: (mood || undefined) as Mood | undefined })}
            options={[
              { value: '', label: t('mood.none') },
              ...MOODS.map((value) => ({ value, label: t(`mood.${value}`) })),
            ]}
          />
          <Input
            size="large"
            aria-label={t('next')}
            placeholder={t('next')}
            value={draft.next}
            maxLength={200}
            onChange={(event) => set({ next: event.target.value })}
          />
          {draft.next.trim() && (
            <div className="vs-due">
              <Select
                size="large"
                aria-label={t('due')}
                value={draft.due ?? ''}
                onChange={(due) => set({ due: due || undefined })}
                options={[
                  { value: '', label: t('due_none') },
                  ...days.map((ahead) => ({
                    value: dayjs().add(ahead, 'day').format('YYYY-MM-DD'),
                    label: t('due_in', { n: ahead }),
                  })),
                  ...(draft.due && !days.some((ahead) => dayjs().add(ahead, 'day').format('YYYY-MM-DD') === draft.due)
                    ? [{ value: draft.due, label: draft.due }]
                    : []),
                ]}
              />
              <DatePicker
                size="large"
                aria-label={t('due_day')}
                value={draft.due ? dayjs(draft.due) : null}
                onChange={(day) => set({ due: day?.format('YYYY-MM-DD') })}
              />
            </div>
          )}
          {save.isError && <Alert type="error" showIcon title={messageOf(save.error)} />}
          <Button
            type="primary"
            size="large"
            block
            disabled={planned.isPending}
            loading={save.isPending}
            onClick={() => save.mutate('done')}
          >
            {t('save')}
          </Button>
          <p className="quiet">{t('save_note')}</p>
        </section>
      )}
    </div>
  );
}
