import {
  ApiOutlined,
  ArrowDownOutlined,
  ArrowUpOutlined,
  ClockCircleOutlined,
  CommentOutlined,
  ExclamationCircleFilled,
  FireFilled,
  FormOutlined,
  IdcardOutlined,
  MailOutlined,
  PhoneOutlined,
  SolutionOutlined,
  UserOutlined,
  WechatOutlined,
} from '@ant-design/icons';
import { Tooltip } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useSessionQuery } from '../../api/session';
import { instantText } from '../../kit/format';
import { LevelBadge } from '../../kit/level';
import { useLevels } from '../../kit/useLevels';
import { span, standing } from './due';
import type { Channel, Kind, Priority, State, TicketRow } from './types';
import { useNow } from './useNow';

export const ticketPath = (id: string) => `/service/tickets/${id}`;

export function KindTag({ kind }: { kind: Kind }) {
  const { t } = useTranslation('desk');
  return <span className={`tk-kind ${kind}`}>{t(`kind.${kind}`)}</span>;
}

export function StateTag({ state }: { state: State }) {
  const { t } = useTranslation('desk');
  return <span className={`tk-state ${state}`}>{t(`state.${state}`)}</span>;
}

const PRIORITY_ICONS: Record<Priority, ReactNode> = {
  urgent: <ExclamationCircleFilled aria-hidden />,
  high: <ArrowUpOutlined aria-hidden />,
  normal: null,
  low: <ArrowDownOutlined aria-hidden />,
};

export function PriorityText({ priority, plain }: { priority: Priority; plain?: boolean }) {
  const { t } = useTranslation('desk');
  if (priority === 'normal' && !plain) return null;
  return (
    <span className={`tk-priority ${priority}`}>
      {PRIORITY_ICONS[priority]} {t(`priority.${priority}`)}
    </span>
  );
}

const CHANNEL_ICONS: Record<Channel, ReactNode> = {
  form: <FormOutlined aria-hidden />,
  member_page: <IdcardOutlined aria-hidden />,
  email: <MailOutlined aria-hidden />,
  phone: <PhoneOutlined aria-hidden />,
  message: <WechatOutlined aria-hidden />,
  survey: <SolutionOutlined aria-hidden />,
  staff: <UserOutlined aria-hidden />,
  api: <ApiOutlined aria-hidden />,
};

export function ChannelText({ channel }: { channel: Channel }) {
  const { t } = useTranslation('desk');
  return (
    <span className="tk-channel">
      {CHANNEL_ICONS[channel] ?? <CommentOutlined aria-hidden />} {t(`channel.${channel}`)}
    </span>
  );
}

/** `1 小时 20 分` */
export function useSpan(): (from: number, to: number) => string {
  const { t } = useTranslation('desk');
  return (from, to) => {
    const { days, hours, minutes } = span(from, to);
    const parts = [
      days > 0 && t('span.days', { n: days }),
      hours > 0 && t('span.hours', { n: hours }),
      minutes > 0 && t('span.minutes', { n: minutes }),
    ].filter(Boolean);
    return parts.length > 0 ? parts.join(' ') : t('span.moment');
  };
}

/** When a promise falls due, as time left or time over; the exact time on hover. */
export function Due({ at, metric, short }: { at?: string | null; metric?: string | null; short?: boolean }) {
  const { t, i18n } = useTranslation('desk');
  const { data } = useSessionQuery();
  const now = useNow();
  const say = useSpan();
  if (!at) return short ? <span className="quiet">–</span> : <span className="quiet">{t('due.none')}</span>;
  const how = standing(at, now);
  const left = say(now, new Date(at).getTime());
  const name = metric && i18n.exists(`desk:metric.${metric}`) ? t(`metric.${metric}`) : '';
  return (
    <Tooltip title={`${name ? `${name} ` : ''}${instantText(at, data?.organisation?.time_zone)}`}>
      <span className={`tk-due ${how}`}>
        {how === 'late' ? <ExclamationCircleFilled aria-hidden /> : <ClockCircleOutlined aria-hidden />}
        <span>
          {!short && name && <span className="tk-due-metric">{name} </span>}
          {how === 'late' ? t('due.late', { span: left }) : t('due.left', { span: left })}
        </span>
      </span>
    </Tooltip>
  );
}

/** In the urgent lane. */
export function UrgentMark() {
  const { t } = useTranslation('desk');
  return (
    <span className="tk-urgent">
      <FireFilled aria-hidden /> {t('urgent.mark')}
    </span>
  );
}

/** Whose ticket it is, with the level. */
export function Who({ row, link }: { row: Pick<TicketRow, 'customer' | 'sender'>; link?: boolean }) {
  const { t } = useTranslation('desk');
  const { byRank } = useLevels();
  const { customer } = row;
  if (!customer) return <span className="tk-who unknown">{row.sender || t('unknown.sender')}</span>;
  const level = byRank.get(customer.level_rank);
  return (
    <span className="tk-who">
      {link ? <Link to={`/customers/${customer.id}`}>{customer.name}</Link> : <span>{customer.name}</span>}
      {customer.level_rank > 0 && <LevelBadge {...level} rank={customer.level_rank} />}
    </span>
  );
}

/** One ticket on one line of a list: by when, what, whose, the last words. */
export function TicketLine({ row, chosen }: { row: TicketRow; chosen?: boolean }) {
  const { t } = useTranslation('desk');
  return (
    <Link to={ticketPath(row.id)} className={`tk-line${chosen ? ' chosen' : ''}`}>
      <span className="tk-line-head">
        <KindTag kind={row.kind} />
        <b>{row.subject}</b>
        <span className="tk-number">#{row.number}</span>
        {row.urgent && <UrgentMark />}
        <PriorityText priority={row.priority} />
      </span>
      <span className="tk-line-due">{row.next_due_at && <Due at={row.next_due_at} metric={row.next_metric} />}</span>
      <span className="tk-line-foot">
        <Who row={row} />
        <StateTag state={row.state} />
        {row.last_words && (
          <span className="tk-last">
            {row.last_side && <span>{t(`side.${row.last_side}`)}</span>}
            {row.last_words}
          </span>
        )}
      </span>
    </Link>
  );
}
