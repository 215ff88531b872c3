import { DownloadOutlined, SafetyCertificateOutlined } from '@ant-design/icons';
import { useMutation } from '@tanstack/react-query';
import { Alert, App, Button } from 'antd';
import type { TFunction } from 'i18next';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { get, type Query, url } from '../api/client';
import { messageOf } from '../api/problem';
import type { Schemas } from '../api/types';
import { useStaff } from '../customers/api';
import { Empty } from '../kit/Empty';
import { type Filter, FilterBar } from '../kit/FilterBar';
import { QueryTable } from '../kit/QueryTable';
import { InstantText } from '../kit/texts';
import { useUrlState } from '../kit/useUrlState';

type Entry = Schemas['AuditEntry'] & { address?: string | null; key_id?: string | null };
interface Checked {
  entries: number;
  broken_at: number | null;
  head: string;
}

/** What an action is done to, as far as a reader may want to see these alone. */
const KINDS = [
  'session',
  'staff',
  'token',
  'customer',
  'customers',
  'import',
  'programme',
  'ticket',
  'privacy',
] as const;

const isId = (value: unknown) => typeof value === 'string' && /^[a-z]{3}_[0-9a-f-]{20,}$/.test(value);

/** The details of an entry as one line: `name: 张三, role: agent`. Ids say nothing to a reader. */
export function detailText(detail: unknown): string {
  if (detail === null || detail === undefined) return '';
  if (typeof detail !== 'object') return String(detail);
  return Object.entries(detail)
    .filter(([key, value]) => key !== 'address' && value !== null && !isId(value))
    .map(([key, value]) => `${key}: ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
    .join(', ');
}

/** Sign-ins tell their address in the details. */
const addressIn = (detail: unknown) =>
  detail && typeof detail === 'object' && 'address' in detail ? String(detail.address) : undefined;

/** An action in words: its own, or those of what it is done to and of the verb. */
export function actionText(action: string, t: TFunction<'settings'>, exists: (key: string) => boolean): string {
  const own = `audit.action.${action.replaceAll('.', '_')}`;
  if (exists(`settings:${own}`)) return t(own as 'audit.action.session_open');
  const [of, verb] = action.split('.');
  if (!exists(`settings:audit.of.${of}`) || !exists(`settings:audit.verb.${verb}`)) return action;
  const words = { of: t(`audit.of.${of}` as 'audit.of.staff'), verb: t(`audit.verb.${verb}` as 'audit.verb.change') };
  return t('audit.composed', words);
}

/** Who did what, when, and from where. The entries are chained, so that none can be changed unseen. */
export function AuditTab() {
  const { t, i18n } = useTranslation('settings');
  const { message } = App.useApp();
  const [state, change] = useUrlState();
  const staff = useStaff().data ?? [];
  const check = useMutation({
    mutationFn: () => get<Checked>('/audit/verify'),
    onError: (error) => void message.error(messageOf(error)),
  });
  const take = useMutation({
    mutationFn: async () => {
      const answer = await fetch(url('/audit/export'), { method: 'POST', headers: { 'X-Zunke': '1' } });
      if (!answer.ok) throw new Error(answer.statusText);
      const link = document.createElement('a');
      link.href = URL.createObjectURL(await answer.blob());
      link.download = 'audit.ndjson';
      link.click();
      URL.revokeObjectURL(link.href);
    },
    onError: (error) => void message.error(messageOf(error)),
  });
  const query = useMemo(() => {
    const found: Query = {};
    if (state.actor) found.actor = state.actor;
    if (state.kind) found.action = `${state.kind}.`;
    if (state.from) found.from = new Date(`${state.from}T00:00:00`).toISOString();
    if (state.to) {
      const end = new Date(`${state.to}T00:00:00`);
      end.setDate(end.getDate() + 1);
      found.until = end.toISOString();
    }
    return found;
  }, [state]);
  const filters: Filter[] = [
    {
      kind: 'choice',
      key: 'actor',
      label: t('audit.who'),
      choices: staff.map((one) => ({ value: one.id, label: one.name })),
    },
    {
      kind: 'choice',
      key: 'kind',
      label: t('audit.kind'),
      choices: KINDS.map((kind) => ({ value: kind, label: t(`audit.of.${kind}`) })),
    },
    { kind: 'days', label: t('audit.day'), from: 'from', to: 'to' },
  ];
  const who = (row: Entry) =>
    row.actor ? (staff.find((one) => one.id === row.actor)?.name ?? row.actor) : t('audit.system');
  const what = (row: Entry) => actionText(row.action, t, (key) => i18n.exists(key));
  const whence = (row: Entry) =>
    [row.address ?? addressIn(row.detail), row.key_id && t('audit.key')].filter(Boolean).join(' · ') || '–';
  return (
    <>
      <div className="audit-head">
        <p className="quiet">{t('audit.note')}</p>
        <Button icon={<SafetyCertificateOutlined />} loading={check.isPending} onClick={() => check.mutate()}>
          {t('audit.verify')}
        </Button>
        <Button icon={<DownloadOutlined />} loading={take.isPending} onClick={() => take.mutate()}>
          {t('audit.export')}
        </Button>
      </div>
      {check.data &&
        (check.data.broken_at === null ? (
          <Alert
            type="success"
            showIcon
            closable
            title={t('audit.whole', { n: check.data.entries })}
            description={
              <>
                {t('audit.head')}
                <br />
                <code className="audit-hash">{check.data.head}</code>
              </>
            }
          />
        ) : (
          <Alert type="error" showIcon title={t('audit.broken', { n: check.data.broken_at })} />
        ))}
      <QueryTable<Entry>
        name="audit"
        label={t('tab.audit')}
        path="/audit"
        query={query}
        rowKey={(row) => String(row.seq)}
        toolbar={<FilterBar filters={filters} state={state} onChange={change} />}
        columns={[
          {
            key: 'at',
            title: t('audit.when'),
            always: true,
            width: 150,
            render: (row) => <InstantText value={row.at} />,
          },
          { key: 'actor', title: t('audit.who'), width: 110, render: who },
          { key: 'action', title: t('audit.what'), width: 170, render: what },
          {
            key: 'detail',
            title: t('audit.detail'),
            width: 320,
            render: (row) => <span className="audit-detail">{detailText(row.detail)}</span>,
          },
          { key: 'address', title: t('audit.address'), width: 130, render: whence },
          { key: 'subject', title: t('audit.subject'), hidden: true, render: (row) => row.subject },
        ]}
        card={(row) => (
          <div className="card-plain">
            <span className="card-line">
              <b>{what(row)}</b>
              <span>{who(row)}</span>
            </span>
            <span className="quiet">
              <InstantText value={row.at} /> <span className="audit-detail">{detailText(row.detail)}</span>
            </span>
          </div>
        )}
        empty={<Empty title={t('audit.empty')} />}
      />
    </>
  );
}
