import { CheckOutlined, CloseOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Drawer, Skeleton } from 'antd';
import { useTranslation } from 'react-i18next';
import { get } from '../../../api/client';
import { Problem } from '../../../api/problem';
import { said } from '../../../i18n';
import { ErrorView } from '../../../kit/ErrorView';
import { InstantText } from '../../../kit/texts';
import type { WholeTicket } from '../types';
import { useEventWords } from './useEventWords';

type Both = { zh: string; en: string };

interface Decision {
  stage: string;
  why: Both;
  decided_at: string;
  skills: string[];
  given_up: string[];
  tried: { stage: string; name: string; taken: boolean; reason?: Both | null; staff_id?: string | null }[];
  more: number;
}

/** Why this ticket is with this person: what routing looked at, and what people did. */
export function WhyAssigned({ whole, onClose }: { whole: WholeTicket; onClose: () => void }) {
  const { t } = useTranslation('desk');
  const say = useEventWords(whole);
  const route = useQuery({
    queryKey: ['service', 'ticket', whole.ticket.id, 'route'],
    queryFn: async ({ signal }) => {
      try {
        return await get<Decision>(`/tickets/${whole.ticket.id}/route`, undefined, signal);
      } catch (error) {
        // Given by hand, and never by routing.
        if (error instanceof Problem && error.status === 404) return null;
        throw error;
      }
    },
  });
  const given = [...whole.events].reverse().filter((event) => ['assigned', 'claimed', 'released'].includes(event.kind));
  return (
    <Drawer open onClose={onClose} title={t('assign.why')} size={460}>
      {route.isPending && <Skeleton active />}
      {route.isError && <ErrorView error={route.error} />}
      {route.data && (
        <section className="why-route">
          <p>
            <b>{said(route.data.why)}</b>
            <br />
            <span className="quiet">
              <InstantText value={route.data.decided_at} />
            </span>
          </p>
          {route.data.skills.length > 0 && <p>{t('route.skills', { names: route.data.skills.join('、') })}</p>}
          {route.data.given_up.length > 0 && <p>{t('route.given_up', { names: route.data.given_up.join('、') })}</p>}
          {route.data.tried.length > 0 && (
            <>
              <h3>{t('route.tried')}</h3>
              <ul className="route-tried">
                {route.data.tried.map((one, index) => (
                  <li key={index} className={one.taken ? 'taken' : undefined}>
                    {one.taken ? (
                      <CheckOutlined aria-label={t('common:yes')} />
                    ) : (
                      <CloseOutlined aria-label={t('common:no')} />
                    )}
                    <span>
                      <b>{one.name}</b> <span className="quiet">{t(`route.stage.${one.stage}`)}</span>
                      {one.reason && <span className="route-reason">{said(one.reason)}</span>}
                    </span>
                  </li>
                ))}
              </ul>
              {route.data.more > 0 && <p className="quiet">{t('route.more', { n: route.data.more })}</p>}
            </>
          )}
        </section>
      )}
      {given.length > 0 && (
        <section>
          <h3>{t('route.history')}</h3>
          <ul className="why-assigned">
            {given.map((event) => (
              <li key={event.seq}>
                {say(event)}{' '}
                <span className="quiet">
                  <InstantText value={event.at} />
                </span>
              </li>
            ))}
          </ul>
        </section>
      )}
      {route.isSuccess && !route.data && given.length === 0 && <p className="quiet">{t('route.none')}</p>}
    </Drawer>
  );
}
