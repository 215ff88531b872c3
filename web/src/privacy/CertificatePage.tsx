import { PrinterOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Button, Skeleton } from 'antd';
import { useTranslation } from 'react-i18next';
import { useParams } from 'react-router';
import { get } from '../api/client';
import { useSession } from '../api/session';
import { said } from '../i18n';
import { Empty } from '../kit/Empty';
import { ErrorView } from '../kit/ErrorView';
import { count } from '../kit/format';
import { PageHeader } from '../kit/PageHeader';
import { InstantText, Money } from '../kit/texts';
import { called, type Request } from './api';
import './privacy.css';

/** What an erasure did, for the person who asked for it: what went, what stayed and why. */
export default function CertificatePage() {
  const { t } = useTranslation('privacy');
  const { id = '' } = useParams();
  const { organisation } = useSession();
  const request = useQuery({
    queryKey: ['privacy', 'request', id],
    queryFn: ({ signal }) => get<Request>(`/privacy/requests/${id}`, undefined, signal),
  });
  const back = { to: `/settings/privacy/requests?show=all&request=${id}`, label: t('part.requests') };
  if (request.isError) {
    return (
      <>
        <PageHeader title={t('certificate.title')} back={back} />
        <ErrorView error={request.error} onRetry={() => request.refetch()} />
      </>
    );
  }
  if (!request.data) return <Skeleton active />;
  const one = request.data.certificate;
  if (!one) return <Empty title={t('certificate.none')} />;
  return (
    <article className="pv-print">
      <PageHeader
        title={t('certificate.title')}
        back={back}
        note={
          <>
            {organisation?.name} · {called(one.number)} · <InstantText value={one.erased_at} />
          </>
        }
        extra={
          <span className="pv-no-print">
            <Button type="primary" icon={<PrinterOutlined />} onClick={() => window.print()}>
              {t('print')}
            </Button>
          </span>
        }
      />
      <p>{t('certificate.text')}</p>
      <div className="pv-scroll">
        <table>
          <thead>
            <tr>
              <th>{t('certificate.what')}</th>
              <th className="pv-count">{t('certificate.rows')}</th>
              <th>{t('certificate.fate')}</th>
              <th>{t('certificate.why')}</th>
            </tr>
          </thead>
          <tbody>
            {one.lines.map((line) => (
              <tr key={line.what.en}>
                <td>{said(line.what)}</td>
                <td className="pv-count">{count(line.rows)}</td>
                <td>{t(`fate.${line.fate}`)}</td>
                <td>{said(line.why)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p>
        {t('certificate.sums', { n: count(one.orders) })} <Money value={one.net_spend} />
      </p>
      <p className="quiet pv-hash">
        {one.customer_id}
        <br />
        SHA-256 {one.fingerprint}
      </p>
    </article>
  );
}
