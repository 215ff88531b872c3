import { useTranslation } from 'react-i18next';
import { useSessionQuery } from '../../../api/session';
import { said } from '../../../i18n';
import { instantText } from '../../../kit/format';
import { useLevels } from '../../../kit/useLevels';
import { useGroups } from '../api';
import { useColleagues } from '../people';
import type { TicketEvent, WholeTicket } from '../types';

type Detail = Record<string, unknown>;
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
/** What the server writes in both languages, or in one. */
const both = (value: unknown): string =>
  value && typeof value === 'object' ? said(value as { zh?: string; en?: string }) : text(value);

/** What happened, as a sentence. */
export function useEventWords(whole: WholeTicket): (event: TicketEvent) => string {
  const { t, i18n } = useTranslation('desk');
  const zone = useSessionQuery().data?.organisation?.time_zone;
  const { byRank } = useLevels();
  const groups = useGroups().data ?? [];
  const colleagues = useColleagues();
  const name = (id: unknown) =>
    whole.staff[text(id)] || colleagues.find((one) => one.id === id)?.name || t('event.somebody');
  const group = (id: unknown) => groups.find((one) => one.id === id)?.name ?? '';
  const level = (rank: unknown) => byRank.get(Number(rank))?.name ?? t('kit:level.none');
  const word = (space: string, value: unknown) =>
    i18n.exists(`desk:${space}.${text(value)}`) ? t(`${space}.${text(value)}` as 'state.new') : text(value);
  const why = (detail: Detail, key: string) => {
    const reason = both(detail[key]);
    return reason ? t('event.because', { reason }) : '';
  };

  return ({ kind, detail, staff, at }) => {
    const who = staff ? name(staff) : t('event.system');
    switch (kind) {
      case 'opened':
        return t('event.opened', {
          who: staff ? name(staff) : t('side.customer'),
          channel: word('channel', detail.channel),
        });
      case 'state_changed':
        return (
          t('event.state_changed', { who, from: word('state', detail.from), to: word('state', detail.to) }) +
          why(detail, 'reason')
        );
      case 'priority_changed':
        return t('event.priority_changed', {
          who,
          from: word('priority', detail.from),
          to: word('priority', detail.to),
        });
      case 'kind_changed':
        return t('event.kind_changed', { who, from: word('kind', detail.from), to: word('kind', detail.to) });
      case 'level_changed':
        return t('event.level_changed', { from: level(detail.from), to: level(detail.to) });
      case 'subject_changed':
        return t('event.subject_changed', { who, to: text(detail.to) });
      case 'assigned': {
        const to = [detail.staff ? name(detail.staff) : '', detail.group ? group(detail.group) : '']
          .filter(Boolean)
          .join(' · ');
        return (to ? t('event.assigned', { who, to }) : t('event.unassigned', { who })) + why(detail, 'why');
      }
      case 'claimed':
        return t('event.claimed', { who });
      case 'released':
        return t('event.released', { who }) + why(detail, 'why');
      case 'urgent':
        return t(detail.on ? 'event.urgent_on' : 'event.urgent_off', { who }) + why(detail, 'reason');
      case 'policy_applied':
        return detail.policy ? t('event.policy_applied', { mode: word('mode', detail.mode) }) : t('event.policy_none');
      case 'calendar_changed':
        return t('event.calendar_changed');
      case 'manual_due':
        return (
          (detail.due_at
            ? t('event.manual_due', {
                who,
                metric: word('metric', detail.metric),
                at: instantText(text(detail.due_at), zone),
              })
            : t('event.manual_due_off', { who, metric: word('metric', detail.metric) })) + why(detail, 'reason')
        );
      case 'customer_set':
        return t(detail.to ? 'event.customer_set' : 'event.customer_unset', { who });
      case 'linked':
        return t('event.linked', { who, kind: word('link', detail.link) });
      case 'merged_into':
        return t('event.merged_into', { who });
      case 'merged_from':
        return t('event.merged_from', { who });
      case 'split':
        return t(detail.taken ? 'event.split_from' : 'event.split_off', { who });
      case 'task':
        return t('event.task', { who, change: word('task_change', detail.change), title: text(detail.title) });
      case 'escalated':
        return t('event.escalated', {
          metric: word('metric', detail.metric),
          to: Array.isArray(detail.to) && detail.to.length > 0 ? detail.to.map(name).join('、') : t('event.nobody'),
        });
      case 'csat':
        return t('event.csat', { score: String(detail.score ?? '') });
      case 'note':
        return text(detail.text);
      case 'said':
      case 'mentioned':
        return '';
      default:
        return t('event.other', { at: instantText(at, zone) });
    }
  };
}
