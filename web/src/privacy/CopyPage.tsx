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
                        <td key={column.key}>{shown(row[column.key])}</td>
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

/** A value as a person reads it; moments in the organisation's time. */
function shown(value: unknown): ReactNode {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) {
    const one = (part: unknown) =>
      part !== null && typeof part === 'object' ? Object.values(part).filter(Boolean).join(' ') : String(part);
    return value.map(one).join('; ');
  }
  if (typeof value === 'object') return JSON.stringify(value);
  const text = String(value);
  return /^\d{4}-\d{2}-\d{2}T/.test(text) ? <InstantText value={text} /> : text;
}
