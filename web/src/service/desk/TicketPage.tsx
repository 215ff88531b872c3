import { EllipsisOutlined, EyeOutlined, FireOutlined, RollbackOutlined, UserSwitchOutlined } from '@ant-design/icons';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Dropdown, Grid, Segmented, Skeleton } from 'antd';
import { useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate, useParams } from 'react-router';
import { patch, post } from '../../api/client';
import { messageOf } from '../../api/problem';
import { useCan, useSession } from '../../api/session';
import { ErrorView } from '../../kit/ErrorView';
import { PageHeader } from '../../kit/PageHeader';
import { outdated, useLines, useTicket } from './api';
import { useSignOfLife } from './Here';
import { KeyHelp } from './KeyHelp';
import { Due, KindTag, PriorityText, StateTag, ticketPath, UrgentMark, Who } from './parts';
import { CustomerCard, Properties } from './ticket/Aside';
import { ClockDrawer } from './ticket/ClockDrawer';
import { Composer, type ComposerHandle } from './ticket/Composer';
import { Conversation } from './ticket/Conversation';
import { type Dialog, Dialogs } from './ticket/Dialogs';
import { Files } from './ticket/Files';
import { Similar } from './ticket/Similar';
import { Tasks } from './ticket/Tasks';
import { Unknown } from './ticket/Unknown';
import { usePresence } from './ticket/usePresence';
import { isActive, isDone, type State, type WholeTicket } from './types';
import { useKeys } from './useKeys';
import { useLive } from './useLive';
import { useNext } from './useNext';
import './desk.css';

/** One ticket: what was said in the middle, the customer beside it, the answer below. */
export default function TicketPage() {
  const { id = '' } = useParams();
  const { t } = useTranslation('desk');
  const ticket = useTicket(id);
  useLive();
  const back = { to: '/service', label: t('mine.title') };
  if (ticket.isError && !ticket.data) {
    return (
      <>
        <PageHeader title={t('ticket.title')} back={back} />
        <ErrorView error={ticket.error} onRetry={() => ticket.refetch()} />
      </>
    );
  }
  if (!ticket.data) {
    return (
      <>
        <PageHeader title={<Skeleton.Button active style={{ width: 240 }} />} back={back} />
        <Skeleton active paragraph={{ rows: 8 }} />
      </>
    );
  }
  return <Page key={id} whole={ticket.data} back={back} />;
}

type Part = 'talk' | 'customer' | 'about';

function Page({ whole, back }: { whole: WholeTicket; back: { to: string; label: string } }) {
  const { t } = useTranslation('desk');
  const { message } = App.useApp();
  const { ticket } = whole;
  const navigate = useNavigate();
  const queries = useQueryClient();
  const may = useCan()('work_tickets') && !ticket.merged_into;
  const me = useSession().staff.id;
  const wide = Grid.useBreakpoint().lg;
  const [part, setPart] = useState<Part>('talk');
  const [dialog, setDialog] = useState<Dialog>();
  const [why, setWhy] = useState(false);
  const composer = useRef<ComposerHandle>(null);
  const { others, typing } = usePresence(ticket.id);
  const next = useNext();
  useSignOfLife();
  const mine = useLines({ view: 'mine', sort: 'due', limit: 100 });

  const setState = useMutation({
    mutationFn: (state: State) =>
      patch<{ version: number }>(`/tickets/${ticket.id}`, { state }, { version: ticket.version }),
    onSuccess: (_, state) => {
      outdated(queries, ticket.id);
      message.success(
        state === 'solved' ? (
          <Solved onNext={() => next.mutate()} />
        ) : (
          t('ticket.state_set', { state: t(`state.${state}`) })
        ),
        state === 'solved' ? 6 : 3,
      );
    },
    onError: (error) => {
      outdated(queries, ticket.id);
      void message.error(messageOf(error));
    },
  });
  const claim = useMutation({
    mutationFn: () => post(`/tickets/${ticket.id}/claim`),
    onSuccess: () => void message.success(t('claim.done')),
    onError: (error) => void message.error(messageOf(error)),
    onSettled: () => outdated(queries, ticket.id),
  });
  const solve = () => {
    if (!may || isDone(ticket.state) || setState.isPending) return;
    if (!composer.current?.solve()) setState.mutate('solved');
  };
  const write = (mode: 'reply' | 'note') => {
    flushSync(() => setPart('talk'));
    composer.current?.write(mode);
  };
  const step = (by: number) => {
    const rows = mine.data?.items ?? [];
    const at = rows.findIndex((row) => row.id === ticket.id);
    const to = rows[at < 0 ? 0 : at + by];
    if (to && to.id !== ticket.id) navigate(ticketPath(to.id));
  };
  const act = (go: () => void) => (may ? go : undefined);
  useKeys({
    n: act(() => !next.isPending && next.mutate()),
    r: act(() => write('reply')),
    i: act(() => write('note')),
    s: act(solve),
    a: act(() => setDialog('assign')),
    u: act(() => setDialog('urgent')),
    w: () => setWhy(true),
    j: () => step(1),
    k: () => step(-1),
    Escape: () => navigate('/service'),
  });

  const about = (
    <>
      <Properties whole={whole} may={may} onWhy={() => setWhy(true)} onAssign={() => setDialog('assign')} />
      <Tasks whole={whole} may={may} />
      <Files whole={whole} />
      <Similar whole={whole} />
    </>
  );
  const person = ticket.customer ? <CustomerCard whole={whole} /> : <Unknown whole={whole} may={may} />;
  const talk = (
    <div className="ticket-main">
      {!wide && <PromiseLine whole={whole} onWhy={() => setWhy(true)} />}
      <Conversation whole={whole} />
      {may && (
        <Composer
          ref={composer}
          whole={whole}
          onTyping={typing}
          onSent={(state) => {
            if (state === 'solved') message.success(<Solved onNext={() => next.mutate()} />, 6);
          }}
        />
      )}
    </div>
  );

  return (
    <div className="ticket">
      <PageHeader
        back={back}
        title={
          <span className="ticket-title">
            {ticket.subject} <span className="tk-number">#{ticket.number}</span>
          </span>
        }
        note={
          <span className="ticket-line">
            <KindTag kind={ticket.kind} />
            <StateTag state={ticket.state} />
            {ticket.urgent && <UrgentMark />}
            <PriorityText priority={ticket.priority} />
            <Who row={ticket} link={whole.customer?.visible} />
            {wide && <Due at={ticket.next_due_at} metric={ticket.next_metric} />}
          </span>
        }
        extra={
          may && (
            <>
              {!isDone(ticket.state) && (
                <Button loading={setState.isPending} onClick={solve}>
                  {t('ticket.solve')} <KeyHelp>s</KeyHelp>
                </Button>
              )}
              {isDone(ticket.state) && (
                <Button loading={setState.isPending} onClick={() => setState.mutate('open')}>
                  {t('ticket.reopen')}
                </Button>
              )}
              {!ticket.assignee && isActive(ticket.state) && (
                <Button type="primary" loading={claim.isPending} onClick={() => claim.mutate()}>
                  {t('claim.button')}
                </Button>
              )}
              <Button icon={<UserSwitchOutlined />} onClick={() => setDialog('assign')}>
                {t('assign.button')} <KeyHelp>a</KeyHelp>
              </Button>
              <Dropdown
                trigger={['click']}
                menu={{
                  items: [
                    { key: 'urgent', icon: <FireOutlined />, label: t(ticket.urgent ? 'urgent.off' : 'urgent.on') },
                    ...(ticket.assignee?.id === me && !isDone(ticket.state)
                      ? [{ key: 'release', icon: <RollbackOutlined />, label: t('release.button') }]
                      : []),
                    { type: 'divider' },
                    { key: 'merge', label: t('merge.button') },
                    { key: 'split', label: t('split.button'), disabled: whole.messages.length < 2 },
                    { key: 'link', label: t('link.button') },
                  ],
                  onClick: ({ key }) => setDialog(key as Dialog),
                }}
              >
                <Button icon={<EllipsisOutlined />} aria-label={t('common:action.more')} />
              </Dropdown>
            </>
          )
        }
      />
      {ticket.merged_into && (
        <Alert
          type="info"
          showIcon
          title={t('merge.went')}
          action={
            <Link to={ticketPath(ticket.merged_into)}>
              <Button size="small">{t('merge.there')}</Button>
            </Link>
          }
        />
      )}
      {others.length > 0 && (
        <Alert
          className="collision"
          type={others.some((one) => one.writing) ? 'warning' : 'info'}
          showIcon
          icon={<EyeOutlined />}
          title={others.map((one) => t(one.writing ? 'here.writing' : 'here.looking', { name: one.name })).join(' ')}
        />
      )}
      {wide ? (
        <div className="ticket-grid">
          {talk}
          <aside className="ticket-side">
            {person}
            {about}
          </aside>
        </div>
      ) : (
        <>
          <Segmented<Part>
            block
            value={part}
            onChange={setPart}
            options={(['talk', 'customer', 'about'] as const).map((value) => ({ value, label: t(`part.${value}`) }))}
            className="ticket-parts"
          />
          <div hidden={part !== 'talk'}>{talk}</div>
          {part === 'customer' && <div className="ticket-side">{person}</div>}
          {part === 'about' && <div className="ticket-side">{about}</div>}
        </>
      )}
      {why && <ClockDrawer whole={whole} onClose={() => setWhy(false)} />}
      <Dialogs dialog={dialog} whole={whole} onClose={() => setDialog(undefined)} />
    </div>
  );
}

/** On a phone the promise stands above the talk. */
function PromiseLine({ whole, onWhy }: { whole: WholeTicket; onWhy: () => void }) {
  const { t } = useTranslation('desk');
  if (!whole.ticket.next_due_at) return null;
  return (
    <button type="button" className="promise-line" onClick={onWhy}>
      <Due at={whole.ticket.next_due_at} metric={whole.ticket.next_metric} />
      <span className="quiet">{t('clock.why')}</span>
    </button>
  );
}

function Solved({ onNext }: { onNext: () => void }) {
  const { t } = useTranslation('desk');
  return (
    <span>
      {t('ticket.solved')}{' '}
      <Button type="link" size="small" onClick={onNext}>
        {t('next.button')}
      </Button>
    </span>
  );
}
