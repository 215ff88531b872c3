import { CopyOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { App, Button, Skeleton } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { get } from '../../api/client';
import { useCan } from '../../api/session';
import { ErrorView } from '../../kit/ErrorView';
import { InstantText } from '../../kit/texts';
import { AssignDialog } from '../managers/AssignDialog';
import type { Deputy } from '../managers/api';
import { useVisits } from './api';
import { VisitLine } from './VisitLine';
import './visits.css';
import '../managers/managers.css';

interface Managed {
  staff_id: string | null;
  name: string | null;
  deputies: Deputy[];
  history: {
    staff_id: string | null;
    staff_name: string | null;
    since: string;
    why: string;
    hand_over_id: string | null;
  }[];
  taken_over?: { hand_over_id: string; from_name: string; at: string; note: string; line: string } | null;
  may_assign: boolean;
}

/** On a customer's page: who looks after him, who did before, and the visits. */
export default function CustomerCare({ customerId }: { customerId: string }) {
  const { t } = useTranslation('managers');
  const may = useCan()('work_tickets');
  const [assigning, assign] = useState(false);
  const managed = useQuery({
    queryKey: ['service', 'managed', customerId],
    queryFn: ({ signal }) => get<Managed>(`/customers/${customerId}/manager`, undefined, signal),
  });
  const visits = useVisits({ customer_id: customerId, limit: 50 });
  if (managed.isError) return <ErrorView error={managed.error} onRetry={() => managed.refetch()} />;
  if (!managed.data) return <Skeleton active />;
  const { name, deputies, history, taken_over: taken, may_assign } = managed.data;
  return (
    <div className="mg">
      <section>
        <h3>{t('care.manager')}</h3>
        <p>
          <strong>{name ?? t('care.nobody')}</strong>{' '}
          {may_assign && (
            <Button size="small" onClick={() => assign(true)}>
              {t('care.assign')}
            </Button>
          )}
        </p>
        {deputies.map((one) => (
          <p key={one.id} className="quiet">
            {t('deputy.line', { name: one.deputy_name, from: one.from_day, until: one.until_day })}
          </p>
        ))}
        {taken && <TakenOver {...taken} />}
        {history.length > 1 && (
          <>
            <h3>{t('care.history')}</h3>
            <ul className="mg-past">
              {history.map((one) => (
                <li key={one.since}>
                  <InstantText value={one.since} />
                  <span>{one.staff_name ?? t('care.ended')}</span>
                  {one.hand_over_id ? (
                    <Link to={`/service/hand-overs/${one.hand_over_id}`}>{t('care.why.hand_over')}</Link>
                  ) : (
                    <span className="quiet">{t(`care.why.${one.why}`)}</span>
                  )}
                </li>
              ))}
            </ul>
          </>
        )}
      </section>
      <section>
        <h3>
          {t('care.visits')}{' '}
          {may && (
            <Link to={`/service/visits/new?customer=${customerId}`}>
              <Button size="small">{t('care.record')}</Button>
            </Link>
          )}
        </h3>
        {visits.isError && <ErrorView error={visits.error} onRetry={() => visits.refetch()} />}
        {visits.data?.items.length === 0 && <p className="quiet">{t('care.no_visits')}</p>}
        <ul className="vs-visits">
          {visits.data?.items.map((visit) => (
            <li key={visit.id}>
              <VisitLine visit={visit} named={false} />
            </li>
          ))}
        </ul>
      </section>
      {assigning && <AssignDialog customers={[customerId]} onClose={() => assign(false)} />}
    </div>
  );
}

/** What the new manager must know of the one before, and the words for the customer, ready to be sent. */
function TakenOver({ hand_over_id, from_name, at, note, line }: NonNullable<Managed['taken_over']>) {
  const { t } = useTranslation('managers');
  const { message } = App.useApp();
  return (
    <div className="mg-taken">
      <p>
        {t('care.taken', { name: from_name })} <InstantText value={at} />{' '}
        <Link to={`/service/hand-overs/${hand_over_id}`}>{t('paper.title')}</Link>
      </p>
      {note && (
        <p className="mg-note">
          <span className="quiet">{t('hand.agreed')}</span> {note}
        </p>
      )}
      <blockquote className="mg-line">
        {line}
        <Button
          type="text"
          size="small"
          icon={<CopyOutlined />}
          aria-label={t('paper.copy')}
          title={t('paper.copy')}
          onClick={() => void navigator.clipboard.writeText(line).then(() => message.success(t('paper.copied')))}
        />
      </blockquote>
    </div>
  );
}
