import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { get } from '../../../api/client';
import { RelativeTime } from '../../../kit/texts';
import { useTopics } from '../../voices/api';
import { StateTag, ticketPath } from '../parts';
import type { State, WholeTicket } from '../types';

interface Alike {
  ticket_id: string;
  number: number;
  subject: string;
  state: State;
  customer: { id: string; name: string } | null;
  terms: string[];
  topics: string[];
  same_product: boolean;
  same_customer: boolean;
  opened_at: string;
}

const SHOWN = 5;

/** What others, and the same customer before, said of the same thing, and what makes them alike. */
export function Similar({ whole }: { whole: WholeTicket }) {
  const { t } = useTranslation('desk');
  const { id, merged_into: merged } = whole.ticket;
  const said = whole.messages.filter((one) => one.side === 'customer').length;
  const found = useQuery({
    queryKey: ['service', 'similar', id, said],
    queryFn: ({ signal }) => get<{ items: Alike[] }>(`/tickets/${id}/similar`, undefined, signal),
    enabled: !merged,
    staleTime: 60_000,
  });
  const topics = useTopics().data?.items ?? [];
  const items = (found.data?.items ?? []).slice(0, SHOWN);
  if (items.length === 0) return null;
  const shared = (one: Alike) =>
    [
      one.same_customer ? t('similar.customer') : undefined,
      one.same_product ? t('similar.product') : undefined,
      ...one.topics.map((topic) => topics.find((known) => known.id === topic)?.name),
      ...one.terms.slice(0, 4),
    ].filter(Boolean);
  return (
    <section className="panel side-card" aria-label={t('similar.title')}>
      <h2>{t('similar.title')}</h2>
      <ul className="similar">
        {items.map((one) => (
          <li key={one.ticket_id}>
            <div className="similar-line">
              <Link to={ticketPath(one.ticket_id)}>
                #{one.number} {one.subject}
              </Link>
              <StateTag state={one.state} />
            </div>
            <div className="quiet">
              {[...new Set(shared(one))].join(' · ')} · <RelativeTime value={one.opened_at} />
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
