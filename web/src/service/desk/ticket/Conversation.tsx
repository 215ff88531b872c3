import { LockOutlined, PaperClipOutlined, RobotOutlined } from '@ant-design/icons';
import { Button, Segmented } from 'antd';
import { Fragment, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { InstantText, RelativeTime } from '../../../kit/texts';
import { ChannelText } from '../parts';
import { isDone, type Message, type TicketEvent, type TicketFile, type WholeTicket } from '../types';
import { useEventWords } from './useEventWords';
import { filePath } from './useUpload';

type Entry = { at: string; message: Message } | { at: string; event: TicketEvent };

/** What stands between the messages even where only the talk is asked for. */
const TELLING = new Set(['urgent', 'claimed', 'released', 'merged_from', 'merged_into', 'escalated', 'csat']);
/** That it was ended, or opened again. */
const turned = ({ kind, detail }: TicketEvent) =>
  kind === 'state_changed' && (isDone(String(detail.to)) || isDone(String(detail.from)));
/** Said by a message already. */
const SILENT = new Set(['said', 'mentioned']);

/** What was said and what happened, oldest first, as on a messenger: the customer left, we right, notes apart. */
export function Conversation({ whole, onSplit }: { whole: WholeTicket; onSplit?: (message: string) => void }) {
  const { t } = useTranslation('desk');
  const [all, setAll] = useState(false);
  const say = useEventWords(whole);
  const end = useRef<HTMLDivElement>(null);
  const entries = useMemo(() => {
    const found: Entry[] = whole.messages.map((message) => ({ at: message.at, message }));
    for (const event of whole.events) {
      if (SILENT.has(event.kind) || (!all && !TELLING.has(event.kind) && !turned(event))) continue;
      found.push({ at: event.at, event });
    }
    return found.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  }, [whole, all]);
  const count = whole.messages.length;
  const before = useRef(count);
  useEffect(() => {
    if (count > before.current) end.current?.scrollIntoView({ block: 'nearest', behavior: 'smooth' });
    before.current = count;
  }, [count]);
  return (
    <section className="talk" aria-label={t('talk.title')}>
      <div className="talk-bar">
        <Segmented
          size="small"
          value={all ? 'all' : 'talk'}
          aria-label={t('talk.show')}
          onChange={(value) => setAll(value === 'all')}
          options={[
            { value: 'talk', label: t('talk.talk') },
            { value: 'all', label: t('talk.all') },
          ]}
        />
      </div>
      <ol>
        {entries.map((entry) => (
          <Fragment key={'message' in entry ? entry.message.id : `e${entry.event.seq}`}>
            {'message' in entry ? (
              <Said
                message={entry.message}
                author={(entry.message.staff_id && whole.staff[entry.message.staff_id]) || entry.message.author}
                files={whole.files.filter((file) => file.message_id === entry.message.id)}
                ticket={whole.ticket.id}
                onSplit={onSplit}
              />
            ) : (
              <li className="happened">
                <span>{say(entry.event)}</span>
                <span className="quiet">
                  <RelativeTime value={entry.event.at} />
                </span>
              </li>
            )}
          </Fragment>
        ))}
      </ol>
      <div ref={end} />
    </section>
  );
}

function Said({
  message,
  author,
  files,
  ticket,
}: {
  message: Message;
  author: string;
  files: TicketFile[];
  ticket: string;
  onSplit?: (message: string) => void;
}) {
  const { t } = useTranslation('desk');
  const [open, setOpen] = useState(false);
  const internal = message.visibility === 'internal';
  return (
    <li className={`said ${internal ? 'internal' : message.side}`}>
      <div className="said-head">
        {internal && (
          <span className="said-note">
            <LockOutlined aria-hidden /> {t('talk.note')}
          </span>
        )}
        <b>{author || t(`side.${message.side}`)}</b>
        {message.automatic && (
          <span className="quiet">
            <RobotOutlined aria-hidden /> {t('talk.automatic')}
          </span>
        )}
        {!internal && (
          <span className="quiet">
            <ChannelText channel={message.channel} />
          </span>
        )}
        <span className="quiet said-time">
          <InstantText value={message.at} />
        </span>
      </div>
      <div className="said-body">{message.body}</div>
      {message.quoted && (
        <>
          <Button type="link" size="small" aria-expanded={open} onClick={() => setOpen(!open)}>
            {t(open ? 'talk.hide_quoted' : 'talk.show_quoted')}
          </Button>
          {open && <blockquote>{message.quoted}</blockquote>}
        </>
      )}
      {files.length > 0 && (
        <ul className="said-files">
          {files.map((file) => (
            <li key={file.id}>
              <a href={filePath(ticket, file.id)} download={file.name}>
                <PaperClipOutlined aria-hidden /> {file.name}
              </a>
            </li>
          ))}
        </ul>
      )}
      {message.delivery !== 'none' && (
        <span className={`said-delivery ${message.delivery}`}>
          {t(`delivery.${message.delivery}`)}
          {message.delivery === 'failed' && message.delivery_detail && `: ${message.delivery_detail}`}
        </span>
      )}
    </li>
  );
}
