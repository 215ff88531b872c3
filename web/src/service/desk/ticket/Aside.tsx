import { CrownOutlined, QuestionCircleOutlined, RightOutlined } from '@ant-design/icons';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { patch } from '../../../api/client';
import { messageOf } from '../../../api/problem';
import { LevelBadge, ScoreBar } from '../../../kit/level';
import { DayText, InstantText, Money } from '../../../kit/texts';
import { useLevels } from '../../../kit/useLevels';
import { outdated, useLines, useTicket } from '../api';
import { ChannelText, Due, StateTag, ticketPath } from '../parts';
import { KINDS, PRIORITIES, STATES, type State, type WholeTicket } from '../types';
import { WhyAssigned } from './WhyAssigned';

interface Props {
  whole: WholeTicket;
  may: boolean;
}

/** The customer beside the ticket: who it is, how much he matters, what he said last. */
export function CustomerCard({ whole }: { whole: WholeTicket }) {
  const { t } = useTranslation('desk');
  const { byRank } = useLevels();
  const { customer, ticket } = whole;
  if (!customer) return null;
  const level = byRank.get(customer.level_rank);
  const last = [...whole.messages].reverse().find((one) => one.side === 'customer');
  const name = <b>{customer.name}</b>;
  return (
    <section className="panel side-card" aria-label={t('field.customer')}>
      <div className="side-name">
        {customer.visible ? <Link to={`/customers/${customer.id}`}>{name}</Link> : name}
        <LevelBadge {...level} rank={customer.level_rank} />
      </div>
      {customer.restricted && <Alert type="warning" showIcon title={t('card.restricted')} />}
      <dl className="facts">
        {customer.score !== null && customer.score !== undefined && (
          <div>
            <dt>{t('card.score')}</dt>
            <dd>
              <ScoreBar value={customer.score} label={t('card.score')} />
            </dd>
          </div>
        )}
        <div>
          <dt>{t('card.spend')}</dt>
          <dd>
            <Money value={customer.net_spend} /> · {t('card.orders', { n: customer.orders })}
          </dd>
        </div>
        <div>
          <dt>{t('card.last_order')}</dt>
          <dd>
            <DayText value={customer.last_order_day} />
          </dd>
        </div>
        {customer.owner_name && (
          <div>
            <dt>{t('card.owner')}</dt>
            <dd>{customer.owner_name}</dd>
          </div>
        )}
        {(customer.city || customer.region) && (
          <div>
            <dt>{t('card.place')}</dt>
            <dd>{customer.city || customer.region}</dd>
          </div>
        )}
      </dl>
      {last && (
        <div className="side-words">
          <span className="quiet">{t('card.last_words')}</span>
          <p>{last.body}</p>
        </div>
      )}
      {customer.visible && (
        <Link className="side-more" to={`/customers/${customer.id}`}>
          <CrownOutlined aria-hidden /> {t('card.open')} <RightOutlined aria-hidden />
        </Link>
      )}
      <Others customer={customer.id} open={customer.open_tickets} ticket={ticket.id} />
    </section>
  );
}

/** The customer's other open tickets: a second question often belongs to the first. */
function Others({ customer, open, ticket }: { customer: string; open: number; ticket: string }) {
  const { t } = useTranslation('desk');
  const others = useLines({ view: 'all', customer, state: 'new,open,waiting,held', limit: 6 }, open > 1);
  const rows = (others.data?.items ?? []).filter((row) => row.id !== ticket).slice(0, 5);
  if (open <= 1 || rows.length === 0) return null;
  return (
    <div className="side-others">
      <span className="quiet">{t('card.others', { n: open - 1 })}</span>
      <ul>
        {rows.map((row) => (
          <li key={row.id}>
            <Link to={ticketPath(row.id)}>
              #{row.number} {row.subject}
            </Link>
            <Due at={row.next_due_at} metric={row.next_metric} short />
          </li>
        ))}
      </ul>
    </div>
  );
}

/** A ticket that belongs to this one, where the reader may see it. */
function Linked({ id }: { id: string }) {
  const { t } = useTranslation('desk');
  const other = useTicket(id).data?.ticket;
  if (!other) return <li className="quiet">{t('link.hidden')}</li>;
  return (
    <li>
      <Link to={ticketPath(id)}>
        #{other.number} {other.subject}
      </Link>
      <StateTag state={other.state} />
    </li>
  );
}

/** What the ticket is: each of it is changed where it stands. */
export function Properties({ whole, may, onWhy, onAssign }: Props & { onWhy?: () => void; onAssign: () => void }) {
  const { t } = useTranslation('desk');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const { ticket } = whole;
  const [whyTo, setWhyTo] = useState(false);
  const change = useMutation({
    mutationFn: (body: Record<string, unknown>) => patch(`/tickets/${ticket.id}`, body, { version: ticket.version }),
    onSettled: () => outdated(queries, ticket.id),
    onError: (error) => void message.error(messageOf(error)),
  });
  const given = whole.events.some((event) => ['assigned', 'claimed', 'released'].includes(event.kind));
  const states = STATES.filter((state) => state === ticket.state || state !== 'new');
  return (
    <section className="panel side-card" aria-label={t('side_title.about')}>
      <h2>{t('side_title.about')}</h2>
      <dl className="facts">
        <div>
          <dt>{t('field.state')}</dt>
          <dd>
            {may ? (
              <Select<State>
                size="small"
                variant="filled"
                value={ticket.state}
                aria-label={t('field.state')}
                loading={change.isPending}
                onChange={(state) => change.mutate({ state })}
                options={states.map((value) => ({ value, label: t(`state.${value}`) }))}
                popupMatchSelectWidth={false}
              />
            ) : (
              <StateTag state={ticket.state} />
            )}
          </dd>
        </div>
        <div>
          <dt>{t('field.due')}</dt>
          <dd className="with-why">
            <Due at={ticket.next_due_at} metric={ticket.next_metric} />
            {onWhy && (
              <Button
                type="text"
                size="small"
                className="why-button"
                icon={<QuestionCircleOutlined />}
                aria-label={t('clock.why')}
                title={t('clock.why')}
                onClick={onWhy}
              />
            )}
          </dd>
        </div>
        <div>
          <dt>{t('field.assignee')}</dt>
          <dd className="with-why">
            {may ? (
              <Button type="link" size="small" className="flat" onClick={onAssign}>
                {ticket.assignee?.name ?? t('board.nobody')}
              </Button>
            ) : (
              (ticket.assignee?.name ?? t('board.nobody'))
            )}
            {ticket.group && <span className="quiet">{ticket.group.name}</span>}
            {(ticket.assignee || given) && (
              <Button
                type="text"
                size="small"
                className="why-button"
                icon={<QuestionCircleOutlined />}
                aria-label={t('assign.why')}
                onClick={() => setWhyTo(true)}
              />
            )}
          </dd>
        </div>
        {(
          [
            ['kind', KINDS],
            ['priority', PRIORITIES],
          ] as const
        ).map(([name, all]) => (
          <div key={name}>
            <dt>{t(`field.${name}`)}</dt>
            <dd>
              {may ? (
                <Select
                  size="small"
                  variant="filled"
                  value={ticket[name] as string}
                  aria-label={t(`field.${name}`)}
                  onChange={(value) => change.mutate({ [name]: value })}
                  options={all.map((value) => ({ value: value as string, label: t(`${name}.${value}`) }))}
                  popupMatchSelectWidth={false}
                />
              ) : (
                t(`${name}.${ticket[name]}`)
              )}
            </dd>
          </div>
        ))}
        <div>
          <dt>{t('field.channel')}</dt>
          <dd>
            <ChannelText channel={ticket.channel} />
          </dd>
        </div>
        {ticket.product && (
          <div>
            <dt>{t('field.product')}</dt>
            <dd>{ticket.product}</dd>
          </div>
        )}
        <div>
          <dt>{t('field.opened')}</dt>
          <dd>
            <InstantText value={ticket.opened_at} />
          </dd>
        </div>
        {ticket.first_response_at && (
          <div>
            <dt>{t('field.first_response')}</dt>
            <dd>
              <InstantText value={ticket.first_response_at} />
            </dd>
          </div>
        )}
        {ticket.solved_at && (
          <div>
            <dt>{t('field.solved')}</dt>
            <dd>
              <InstantText value={ticket.solved_at} />
            </dd>
          </div>
        )}
        {ticket.csat && (
          <div>
            <dt>{t('field.csat')}</dt>
            <dd>{t('card.csat', { n: ticket.csat })}</dd>
          </div>
        )}
      </dl>
      {whole.links.length > 0 && (
        <div className="side-others">
          <span className="quiet">{t('link.linked')}</span>
          <ul>
            {whole.links.map((link) => (
              <Linked key={link.other_id} id={link.other_id} />
            ))}
          </ul>
        </div>
      )}
      {whyTo && <WhyAssigned whole={whole} onClose={() => setWhyTo(false)} />}
    </section>
  );
}
