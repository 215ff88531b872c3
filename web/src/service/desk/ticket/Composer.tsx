import { CheckCircleOutlined, DownOutlined, PaperClipOutlined, SendOutlined } from '@ant-design/icons';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { App, Button, Dropdown, Grid, Input, Mentions, Segmented, Space } from 'antd';
import { forwardRef, useImperativeHandle, useMemo, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { useTranslation } from 'react-i18next';
import { post } from '../../../api/client';
import { messageOf } from '../../../api/problem';
import { useSession } from '../../../api/session';
import { outdated } from '../api';
import { KeyHelp } from '../KeyHelp';
import { useColleagues } from '../people';
import { isDone, type State, type WholeTicket } from '../types';
import { mentioned } from './mentions';
import { Templates } from './Templates';
import { type Mode, useDraft } from './useDraft';
import { useUpload } from './useUpload';

export interface ComposerHandle {
  write: (mode: Mode) => void;
  /** Sends what is written as the answer and solves; `false` where nothing is written. */
  solve: () => boolean;
}

interface Props {
  whole: WholeTicket;
  /** Somebody types: colleagues are told. */
  onTyping: () => void;
  onSent: (state: State) => void;
}

const MODES: Mode[] = ['reply', 'note', 'words'];
const AFTER: State[] = ['waiting', 'held', 'solved'];

/** Where one writes: to the customer, to colleagues, or what the customer said. Told apart by place, colour and words. */
export const Composer = forwardRef<ComposerHandle, Props>(function Composer({ whole, onTyping, onSent }, ref) {
  const { t } = useTranslation('desk');
  const { message } = App.useApp();
  const { ticket } = whole;
  const me = useSession().staff.id;
  const queries = useQueryClient();
  const phone = !Grid.useBreakpoint().md;
  const [mode, setMode] = useState<Mode>('reply');
  const [text, write] = useDraft(ticket.id, me, mode);
  const [over, setOver] = useState(false);
  const [begun, setBegun] = useState(false);
  // On a phone it is one line until somebody writes.
  const small = phone && !begun && !text;
  const colleagues = useColleagues();
  const field = useRef<HTMLDivElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const upload = useUpload(ticket.id);
  const names = useMemo(() => colleagues.map((one) => ({ value: one.name, label: one.name })), [colleagues]);

  const send = useMutation({
    mutationFn: ({ state }: { state?: State }) =>
      post<{ ticket_id: string; state: State }>(`/tickets/${ticket.id}/messages`, {
        body: text.trim(),
        visibility: mode === 'note' ? 'internal' : 'public',
        from_customer: mode === 'words' || undefined,
        state_after: state,
        mentions: mode === 'note' ? mentioned(text, colleagues) : undefined,
      }),
    onSuccess: (said) => {
      write('');
      // The keys of the page are at hand again.
      field.current?.querySelector('textarea')?.blur();
      setBegun(false);
      outdated(queries, ticket.id);
      onSent(said.state);
      void message.success(t(said.state === 'solved' ? 'compose.sent_solved' : `compose.sent_${mode}`));
    },
    // The text stays where it is.
    onError: (error) => void message.error(messageOf(error)),
  });
  const ready = text.trim() !== '' && !send.isPending;
  const go = (state?: State) => ready && send.mutate({ state });
  // At once: the next key is the first letter.
  const turn = (to: Mode) => {
    flushSync(() => setMode(to));
    field.current?.querySelector('textarea')?.focus();
  };

  useImperativeHandle(ref, () => ({
    write: turn,
    solve: () => {
      if (mode !== 'reply' || !text.trim()) return false;
      go('solved');
      return true;
    },
  }));

  const typed = (next: string) => {
    write(next);
    onTyping();
  };
  const take = (files: FileList | File[] | null) => {
    for (const file of files ?? []) upload.mutate(file);
  };
  const pressed = (event: React.KeyboardEvent) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      go(event.shiftKey && mode === 'reply' ? 'solved' : undefined);
    } else if (event.key === 'Escape') (event.target as HTMLElement).blur();
  };
  const shared = {
    value: text,
    placeholder: t(`compose.hint_${mode}`),
    'aria-label': t(`compose.${mode}`),
    autoSize: { minRows: small ? 1 : phone ? 3 : 4, maxRows: 14 },
    onFocus: () => setBegun(true),
    maxLength: 50_000,
    readOnly: send.isPending,
    onKeyDown: pressed,
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: files may be dropped here; the button does the same
    <div
      className={`composer ${mode}${over ? ' over' : ''}${small ? ' small' : ''}`}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes('Files')) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        if (!event.dataTransfer.files.length) return;
        event.preventDefault();
        setOver(false);
        take(event.dataTransfer.files);
      }}
      onPaste={(event) => {
        if (!event.clipboardData.files.length) return;
        event.preventDefault();
        take(event.clipboardData.files);
      }}
    >
      <div className="composer-head">
        <Segmented<Mode>
          value={mode}
          onChange={turn}
          aria-label={t('compose.manner')}
          options={MODES.map((value) => ({ value, label: t(`compose.${value}`) }))}
        />
        <span className="composer-who">{t(`compose.who_${mode}`)}</span>
      </div>
      <div ref={field}>
        {mode === 'note' ? (
          <Mentions {...shared} options={names} onChange={typed} />
        ) : (
          <Input.TextArea {...shared} onChange={(event) => typed(event.target.value)} />
        )}
      </div>
      <div className="composer-foot">
        <span className="composer-tools">
          {mode !== 'words' && (
            <Templates ticket={whole} onPick={(body) => typed(text ? `${text.trimEnd()}\n${body}` : body)} />
          )}
          <Button
            type="text"
            icon={<PaperClipOutlined />}
            loading={upload.isPending}
            aria-label={t('file.add')}
            title={t('file.hint')}
            onClick={() => picker.current?.click()}
          />
          <input
            ref={picker}
            type="file"
            multiple
            hidden
            onChange={(event) => {
              take(event.target.files);
              event.target.value = '';
            }}
          />
          {text && <span className="quiet composer-kept">{t('compose.kept')}</span>}
        </span>
        {mode === 'reply' ? (
          <span className="composer-send">
            <Button icon={<SendOutlined />} disabled={!ready} loading={send.isPending} onClick={() => go()}>
              {t('compose.send')} <KeyHelp>Ctrl ↵</KeyHelp>
            </Button>
            {!isDone(ticket.state) && (
              <Space.Compact>
                <Button
                  type="primary"
                  icon={<CheckCircleOutlined />}
                  disabled={!ready}
                  loading={send.isPending}
                  onClick={() => go('solved')}
                >
                  {t('compose.send_solved')}
                </Button>
                <Dropdown
                  trigger={['click']}
                  disabled={!ready}
                  menu={{
                    items: AFTER.map((state) => ({ key: state, label: t(`compose.send_${state}`) })),
                    onClick: ({ key }) => go(key as State),
                  }}
                >
                  <Button
                    type="primary"
                    icon={<DownOutlined />}
                    aria-label={t('compose.send_more')}
                    disabled={!ready}
                  />
                </Dropdown>
              </Space.Compact>
            )}
          </span>
        ) : (
          <Button
            type={mode === 'note' ? 'default' : 'primary'}
            className={mode === 'note' ? 'note-send' : undefined}
            disabled={!ready}
            loading={send.isPending}
            onClick={() => go()}
          >
            {t(`compose.send_${mode}`)} <KeyHelp>Ctrl ↵</KeyHelp>
          </Button>
        )}
      </div>
    </div>
  );
});
