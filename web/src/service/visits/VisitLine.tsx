import { useMutation, useQueryClient } from '@tanstack/react-query';
import { App, Button, Tag } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { patch } from '../../api/client';
import { messageOf } from '../../api/problem';
import { useSessionQuery } from '../../api/session';
import type { Visit } from './api';

const COLOURS = { good: 'green', neutral: 'default', bad: 'red' } as const;

/** One visit, planned or made. */
export function VisitLine({ visit, named = true }: { visit: Visit; named?: boolean }) {
  const { t } = useTranslation('visits');
  const { modal, message } = App.useApp();
  const queries = useQueryClient();
  const me = useSessionQuery().data?.staff?.id;
  const cancel = useMutation({
    mutationFn: () =>
      patch(`/visits/${visit.id}`, { state: 'cancelled', reason: t('cancel.reason') }, { version: visit.version }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['service'] }),
    onError: (error) => void message.error(messageOf(error)),
  });
  return (
    <div className="visit">
      <div className="visit-head">
        <span className="number">{visit.day}</span>
        <strong>
          {named ? <Link to={`/customers/${visit.customer_id}`}>{visit.customer_name}</Link> : t(`kind.${visit.kind}`)}
        </strong>
        {named && <span>{t(`kind.${visit.kind}`)}</span>}
        {visit.state !== 'done' && (
          <Tag color={visit.state === 'planned' ? 'gold' : undefined}>{t(`state.${visit.state}`)}</Tag>
        )}
        {visit.mood && <Tag color={COLOURS[visit.mood]}>{t(`mood.${visit.mood}`)}</Tag>}
        <span className="quiet">{visit.staff_name}</span>
        {visit.state === 'planned' && visit.staff_id === me && (
          <span className="visit-acts">
            <Link to={`/service/visits/new?visit=${visit.id}&customer=${visit.customer_id}`}>
              <Button size="small" type="primary">
                {t('record')}
              </Button>
            </Link>
            <Button
              size="small"
              onClick={() =>
                modal.confirm({
                  title: t('cancel.sure', { name: visit.customer_name, day: visit.day }),
                  okText: t('cancel.do'),
                  cancelText: t('common:action.close'),
                  onOk: () => cancel.mutateAsync().catch(() => undefined),
                })
              }
            >
              {t('cancel.do')}
            </Button>
          </span>
        )}
      </div>
      {visit.purpose && <p>{visit.purpose}</p>}
      {visit.notes && <p className="visit-notes">{visit.notes}</p>}
      {visit.reason && <p className="quiet">{visit.reason}</p>}
    </div>
  );
}
