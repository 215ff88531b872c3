import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, InputNumber, Popconfirm, Select, Skeleton, Switch } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get, post, put, remove, url } from '../api/client';
import { messageOf } from '../api/problem';
import { ErrorView } from '../kit/ErrorView';
import { PageHeader } from '../kit/PageHeader';
import { InstantText, RelativeTime } from '../kit/texts';
import { type Backup, type BackupSettings, type Backups, size } from './api';
import './backup.css';

const KEEP_MAX = 365;

/** The backups that are there, one now, and when they are made by themselves. */
export default function BackupPage() {
  const { t } = useTranslation('backup');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const there = useQuery({
    queryKey: ['backups'],
    queryFn: ({ signal }) => get<Backups>('/backups', undefined, signal),
    refetchInterval: (query) => (query.state.data?.running ? 1500 : false),
  });
  const again = () => queries.invalidateQueries({ queryKey: ['backups'] });
  const make = useMutation({
    mutationFn: () => post('/backups'),
    onSuccess: () => {
      void message.success(t('started'));
      void again();
    },
    onError: (error) => void message.error(messageOf(error)),
  });
  const drop = useMutation({
    mutationFn: (name: string) => remove(`/backups/${name}`),
    onSuccess: again,
    onError: (error) => void message.error(messageOf(error)),
  });
  if (there.isError) return <ErrorView error={there.error} onRetry={() => there.refetch()} />;
  const data = there.data;
  const newest = data?.items[0];
  return (
    <>
      <PageHeader
        title={t('common:page.backup')}
        back={{ to: '/settings', label: t('common:room.settings') }}
        note={t('note')}
        extra={
          <Button type="primary" loading={make.isPending || !!data?.running} onClick={() => make.mutate()}>
            {t(data?.running ? 'running' : 'make')}
          </Button>
        }
      />
      <div className="bk">
        {data?.failed && (
          <Alert type="error" showIcon title={t('failed')} description={data.failed.detail} className="bk-gap" />
        )}
        <section className="panel">
          <h2>{t('kept')}</h2>
          {!data && <Skeleton active />}
          {data && !newest && <p className="quiet">{t('none')}</p>}
          <ul className="bk-list">
            {data?.items.map((one) => (
              <Line key={one.name} one={one} drop={() => drop.mutate(one.name)} dropping={drop.isPending} />
            ))}
          </ul>
          {data && <p className="quiet bk-folder">{t('folder', { folder: data.folder })}</p>}
        </section>
        <Schedule next={data?.next_at ?? null} />
        <section className="panel">
          <h2>{t('keys')}</h2>
          <p>{t('keys_note')}</p>
        </section>
      </div>
    </>
  );
}

function Line({ one, drop, dropping }: { one: Backup; drop: () => void; dropping: boolean }) {
  const { t } = useTranslation('backup');
  return (
    <li>
      <div>
        <b>
          <InstantText value={one.created_at} />
        </b>
        <span className="quiet">
          <RelativeTime value={one.created_at} /> · {size(one.bytes)} ·{' '}
          {one.engine === 'sqlite' ? 'SQLite' : 'PostgreSQL'}
        </span>
      </div>
      <div className="bk-deeds">
        <Button size="small" href={url(`/backups/${one.name}`)}>
          {t('download')}
        </Button>
        <Popconfirm title={t('question')} okText={t('common:action.delete')} onConfirm={drop}>
          <Button size="small" danger disabled={dropping}>
            {t('common:action.delete')}
          </Button>
        </Popconfirm>
      </div>
    </li>
  );
}

function Schedule({ next }: { next: string | null }) {
  const { t } = useTranslation('backup');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const stored = useQuery({
    queryKey: ['backups', 'settings'],
    queryFn: ({ signal }) => get<BackupSettings>('/backups/settings', undefined, signal),
  });
  const [draft, edit] = useState<BackupSettings>();
  useEffect(() => {
    if (stored.data) edit(stored.data);
  }, [stored.data]);
  const save = useMutation({
    mutationFn: (settings: BackupSettings) =>
      put<BackupSettings>('/backups/settings', settings, { version: settings.version }),
    onSuccess: (saved) => {
      queries.setQueryData(['backups', 'settings'], saved);
      void queries.invalidateQueries({ queryKey: ['backups'] });
      void message.success(t('common:saved'));
    },
  });
  if (!draft || !stored.data) return <Skeleton active />;
  const fault = draft.keep < 1 || draft.keep > KEEP_MAX;
  const changed = JSON.stringify(draft) !== JSON.stringify(stored.data);
  const hours = Array.from({ length: 24 }, (_, hour) => ({
    value: hour,
    label: `${String(hour).padStart(2, '0')}:10`,
  }));
  return (
    <section className="panel">
      <h2>{t('schedule')}</h2>
      {save.isError && <Alert type="error" showIcon title={messageOf(save.error)} className="bk-gap" />}
      <div className="bk-row">
        <Switch checked={draft.on} onChange={(on) => edit({ ...draft, on })} aria-label={t('daily')} />
        <span>{t('daily')}</span>
        <Select
          value={draft.hour}
          disabled={!draft.on}
          options={hours}
          aria-label={t('hour')}
          onChange={(hour) => edit({ ...draft, hour })}
        />
      </div>
      <div className="bk-row">
        <span>{t('keep')}</span>
        <InputNumber
          value={draft.keep}
          precision={0}
          status={fault ? 'error' : undefined}
          aria-label={t('keep')}
          onChange={(keep) => edit({ ...draft, keep: keep ?? 0 })}
        />
        <span>{t('keep_unit')}</span>
        {fault && <span className="bk-fault">{t('keep_fault', { n: KEEP_MAX })}</span>}
      </div>
      <div className="bk-row">
        <Button type="primary" disabled={!changed || fault} loading={save.isPending} onClick={() => save.mutate(draft)}>
          {t('common:action.save')}
        </Button>
        {stored.data.on && next && (
          <span className="quiet">
            {t('next')} <InstantText value={next} />
          </span>
        )}
        {!stored.data.on && <span className="bk-fault">{t('off')}</span>}
      </div>
    </section>
  );
}
