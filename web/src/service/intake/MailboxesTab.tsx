import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Skeleton, Tag } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call, post } from '../../api/client';
import { messageOf } from '../../api/problem';
import { Empty } from '../../kit/Empty';
import { ErrorView } from '../../kit/ErrorView';
import { type Mailbox, type Problem, type Trial, useMailboxes } from './api';
import { MailboxDialog } from './MailboxDialog';

function Said({ problem, title }: { problem: Problem; title: string }) {
  const { i18n } = useTranslation();
  const text = i18n.language.startsWith('zh') ? problem.text.zh : problem.text.en;
  return <Alert type="error" showIcon title={`${title}${text}`} description={problem.detail || undefined} />;
}

function Card({ mailbox, onEdit }: { mailbox: Mailbox; onEdit: () => void }) {
  const { t } = useTranslation('intake');
  const { modal, message } = App.useApp();
  const queries = useQueryClient();
  const test = useMutation({ mutationFn: () => post<Trial>(`/mailboxes/${mailbox.id}/test`, {}) });
  const remove = useMutation({
    mutationFn: () => call(`/mailboxes/${mailbox.id}`, { method: 'DELETE' }),
    onSuccess: () => void queries.invalidateQueries({ queryKey: ['service', 'mailboxes'] }),
    onError: (error) => void message.error(messageOf(error)),
  });
  const trial = test.data;
  return (
    <li>
      <div className="intake-head">
        <h3>{mailbox.name}</h3>
        {!mailbox.active && <Tag>{t('off')}</Tag>}
      </div>
      <p>{mailbox.address}</p>
      <p className="quiet">
        {[
          mailbox.settings.imap ? `IMAP ${mailbox.settings.imap.host}` : t('mailbox.forwarded'),
          mailbox.settings.smtp ? `SMTP ${mailbox.settings.smtp.host}` : t('mailbox.sends_not'),
          t('taken', { n: mailbox.taken }),
        ].join(' · ')}
      </p>
      {mailbox.problem && !trial && <Said problem={mailbox.problem} title={t('mailbox.last_failed')} />}
      {trial?.incoming && <Alert type="success" showIcon title={t('mailbox.in_fine', { n: trial.waiting ?? 0 })} />}
      {trial?.outgoing && <Alert type="success" showIcon title={t('mailbox.out_fine')} />}
      {trial?.incoming_problem && <Said problem={trial.incoming_problem} title={t('mailbox.in_failed')} />}
      {trial?.outgoing_problem && <Said problem={trial.outgoing_problem} title={t('mailbox.out_failed')} />}
      {trial?.incoming === null && trial.outgoing === null && <Alert type="info" title={t('mailbox.nothing')} />}
      {test.isError && <Alert type="error" showIcon title={messageOf(test.error)} />}
      <div className="intake-buttons">
        <Button size="small" loading={test.isPending} onClick={() => test.mutate()}>
          {t('mailbox.test')}
        </Button>
        <Button size="small" onClick={onEdit}>
          {t('common:action.edit')}
        </Button>
        <Button
          size="small"
          danger
          onClick={() =>
            modal.confirm({
              title: t('mailbox.delete', { name: mailbox.name }),
              okText: t('delete'),
              cancelText: t('common:action.cancel'),
              onOk: () => remove.mutateAsync(),
            })
          }
        >
          {t('delete')}
        </Button>
      </div>
    </li>
  );
}

/** Mailboxes: where mail comes in and answers go out. */
export default function MailboxesTab() {
  const { t, i18n } = useTranslation('intake');
  const found = useMailboxes();
  const [editing, edit] = useState<Mailbox | 'new'>();
  if (found.isError) return <ErrorView error={found.error} onRetry={() => found.refetch()} />;
  if (!found.data) return <Skeleton active />;
  const { items, refused } = found.data;
  const add = (
    <Button type="primary" onClick={() => edit('new')}>
      {t('mailbox.new')}
    </Button>
  );
  return (
    <section className="panel">
      {items.length > 0 && <div className="intake-head">{add}</div>}
      {items.length === 0 && <Empty title={t('mailbox.none')} note={t('mailbox.none_note')} action={add} />}
      <ul className="intake-cards">
        {items.map((one) => (
          <Card key={one.id} mailbox={one} onEdit={() => edit(one)} />
        ))}
      </ul>
      {refused.length > 0 && (
        <details>
          <summary>{t('refused.title', { n: refused.length })}</summary>
          <ul>
            {refused.map((one) => (
              <li key={`${one.at} ${one.address} ${one.subject}`}>
                {new Date(one.at).toLocaleString(i18n.language)} · {one.address || '–'} · {one.subject || '–'} ·{' '}
                {t(`refused.${one.reason}`)}
              </li>
            ))}
          </ul>
        </details>
      )}
      {editing && <MailboxDialog mailbox={editing === 'new' ? undefined : editing} onClose={() => edit(undefined)} />}
    </section>
  );
}
