import { useTranslation } from 'react-i18next';
import type { Schemas } from '../api/types';
import { useStaff } from '../customers/api';
import { Empty } from '../kit/Empty';
import { QueryTable } from '../kit/QueryTable';
import { InstantText } from '../kit/texts';

type Entry = Schemas['AuditEntry'];

const isId = (value: unknown) => typeof value === 'string' && /^[a-z]{3}_[0-9a-f-]{20,}$/.test(value);

/** The details of an entry as one line: `name: 张三, role: agent`. Ids say nothing to a reader. */
export function detailText(detail: unknown): string {
  if (detail === null || detail === undefined) return '';
  if (typeof detail !== 'object') return String(detail);
  return Object.entries(detail)
    .filter(([, value]) => value !== null && !isId(value))
    .map(([key, value]) => `${key}: ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
    .join(', ');
}

/** Who did what, when. The entries are chained, so that none can be changed unseen. */
export function AuditTab() {
  const { t, i18n } = useTranslation('settings');
  const staff = useStaff().data ?? [];
  const who = (row: Entry) =>
    row.actor ? (staff.find((one) => one.id === row.actor)?.name ?? row.actor) : t('audit.system');
  const what = (row: Entry) => {
    const key = row.action.replaceAll('.', '_');
    return i18n.exists(`settings:audit.action.${key}`) ? t(`audit.action.${key}`) : row.action;
  };
  return (
    <QueryTable<Entry>
      name="audit"
      label={t('tab.audit')}
      path="/audit"
      rowKey={(row) => String(row.seq)}
      toolbar={<p className="quiet">{t('audit.note')}</p>}
      columns={[
        {
          key: 'at',
          title: t('audit.when'),
          always: true,
          width: 150,
          render: (row) => <InstantText value={row.at} />,
        },
        { key: 'actor', title: t('audit.who'), width: 120, render: who },
        { key: 'action', title: t('audit.what'), width: 160, render: what },
        {
          key: 'detail',
          title: t('audit.detail'),
          width: 360,
          render: (row) => <span className="audit-detail">{detailText(row.detail)}</span>,
        },
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
  );
}
