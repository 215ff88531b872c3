import { DownloadOutlined, PrinterOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Button, Skeleton } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useParams } from 'react-router';
import { get } from '../api/client';
import { said } from '../i18n';
import { ErrorView } from '../kit/ErrorView';
import { PageHeader } from '../kit/PageHeader';
import { InstantText } from '../kit/texts';
import { useLevels } from '../kit/useLevels';
import { type Copy, called } from './api';
import './privacy.css';

/** The copy of a person's data: to be printed or kept as PDF by the browser, and to be taken away as JSON. */
export default function CopyPage() {
  const { t } = useTranslation('privacy');
  const { id = '' } = useParams();
  const copy = useQuery({
    queryKey: ['privacy', 'copy', id],
    queryFn: ({ signal }) => get<Copy>(`/privacy/requests/${id}/copy`, undefined, signal),
    // Each making of a copy is recorded: none is made behind the reader's back.
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
  });
  const back = { to: `/settings/privacy/requests?show=all&request=${id}`, label: t('part.requests') };
  if (copy.isError) {
    return (
      <>
        <PageHeader title={t('copy.title')} back={back} />
        <ErrorView error={copy.error} onRetry={() => copy.refetch()} />
      </>
    );
  }
  if (!copy.data) return <Skeleton active />;
  const one = copy.data;
  const save = () => {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([JSON.stringify(one, null, 2)], { type: 'application/json' }));
    link.download = `${called(one.number)}.json`;
    link.click();
    URL.revokeObjectURL(link.href);
  };
  return (
    <article className="pv-print">
      <PageHeader
        title={t('copy.of', { name: one.customer_name })}
        back={back}
        note={
          <>
            {one.organisation} · {called(one.number)} · <InstantText value={one.made_at} />
          </>
        }
        extra={
          <span className="pv-no-print">
            <Button icon={<DownloadOutlined />} onClick={save}>
              JSON
            </Button>{' '}
            <Button type="primary" icon={<PrinterOutlined />} onClick={() => window.print()}>
              {t('print')}
            </Button>
          </span>
        }
      />
      <p className="quiet pv-no-print">{t('copy.note')}</p>
      {one.sections
        .filter((section) => section.rows.length > 0)
        .map((section) => (
          <section key={section.id}>
            <h2>{said(section.title)}</h2>
            <div className="pv-scroll">
              <table>
                <thead>
                  <tr>
                    {section.columns.map((column) => (
                      <th key={column.key}>{said(column.label)}</th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {section.rows.map((row, at) => (
                    <tr key={at}>
                      {section.columns.map((column) => (
                        <td key={column.key} className={NARROW.includes(column.key) ? 'pv-narrow-cell' : undefined}>
                          <Value section={section.id} column={column.key} value={row[column.key]} />
                        </td>
                      ))}
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          </section>
        ))}
    </article>
  );
}

/** Columns that are not broken into lines. */
const NARROW = ['day', 'at', 'said_at', 'as_of', 'since', 'kind', 'amount', 'purpose', 'channel', 'state', 'side'];

/** Columns whose values are words of the API. */
const WORDS = ['kind', 'purpose', 'channel', 'state', 'source', 'side', 'value'];

interface Part {
  sku?: string;
  name?: string;
  category?: string;
  quantity?: number;
  amount?: string;
}

/** What was bought, in one line. */
const bought = (part: Part) =>
  [part.name ?? part.sku, part.quantity && part.quantity !== 1 ? `×${part.quantity}` : '', part.amount]
    .filter(Boolean)
    .join(' ');

/** A value as a person reads it; moments in the organisation's time. */
function Value({ section, column, value }: { section: string; column: string; value: unknown }): ReactNode {
  const { t, i18n } = useTranslation('privacy');
  const { byRank } = useLevels();
  if (value === null || value === undefined || value === '') return null;
  if (Array.isArray(value)) return value.map((part) => bought(part as Part)).join('; ');
  if (typeof value === 'object') return JSON.stringify(value);
  const text = String(value);
  if (section === 'levels' && (column === 'from' || column === 'to')) return byRank.get(Number(value))?.name ?? '–';
  if (/^\d{4}-\d{2}-\d{2}T/.test(text)) return <InstantText value={text} />;
  if (WORDS.includes(column) && i18n.exists(`privacy:word.${text}`)) return t(`word.${text}`);
  return text;
}
