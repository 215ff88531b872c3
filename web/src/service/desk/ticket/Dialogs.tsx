import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Checkbox, Form, Input, Modal, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { post } from '../../../api/client';
import { messageOf, Problem } from '../../../api/problem';
import { useSession } from '../../../api/session';
import { outdated, useCounts, useGroups } from '../api';
import { ticketPath } from '../parts';
import { useColleagues } from '../people';
import type { TicketRow, WholeTicket } from '../types';
import { TicketPicker } from './TicketPicker';

export type Dialog = 'assign' | 'release' | 'urgent' | 'merge' | 'split' | 'link';

interface Props {
  whole: WholeTicket;
  onClose: () => void;
}

/** The dialogs of a ticket; each says what will happen before it does. */
export function Dialogs({ dialog, ...props }: Props & { dialog?: Dialog }) {
  if (dialog === 'assign') return <Assign {...props} />;
  if (dialog === 'release') return <Release {...props} />;
  if (dialog === 'urgent') return <Urgent {...props} />;
  if (dialog === 'merge') return <Merge {...props} />;
  if (dialog === 'split') return <Split {...props} />;
  if (dialog === 'link') return <LinkTo {...props} />;
  return null;
}

function useAct<Body>(
  whole: WholeTicket,
  path: string,
  done: string,
  after: (answer: Record<string, unknown>) => void,
) {
  const { message } = App.useApp();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: Body) => post<Record<string, unknown>>(`/tickets/${whole.ticket.id}/${path}`, body),
    onSuccess: (answer) => {
      outdated(queries, whole.ticket.id);
      void message.success(done);
      after(answer ?? {});
    },
  });
}

const fault = (error: unknown) =>
  error ? <Alert type="error" showIcon title={messageOf(error)} className="dialog-fault" /> : null;
const fieldOf = (error: unknown, name: string) => (error instanceof Problem ? error.fields[name] : undefined);

function Assign({ whole, onClose }: Props) {
  const { t } = useTranslation('desk');
  const me = useSession().staff;
  const colleagues = useColleagues();
  const groups = useGroups().data ?? [];
  const load = new Map((useCounts(true).data?.people ?? []).map((one) => [one.staff_id, one.active]));
  const { ticket } = whole;
  const [staff, setStaff] = useState<string | null>(ticket.assignee?.id ?? null);
  const [group, setGroup] = useState<string | null>(ticket.group?.id ?? null);
  const [reason, setReason] = useState('');
  const act = useAct<unknown>(whole, 'assign', t('assign.done'), onClose);
  const people = [...colleagues].sort((a, b) => Number(b.id === me.id) - Number(a.id === me.id));
  const save = () => act.mutate({ staff_id: staff, group_id: group, reason: reason.trim() || undefined });
  return (
    <Modal
      open
      title={t('assign.title')}
      onCancel={onClose}
      onOk={save}
      okText={t('assign.ok')}
      confirmLoading={act.isPending}
    >
      <Form layout="vertical" onFinish={save}>
        <Form.Item label={t('field.assignee')} help={fieldOf(act.error, 'staff_id')}>
          <Select
            autoFocus
            allowClear
            showSearch={{ optionFilterProp: 'name' }}
            aria-label={t('field.assignee')}
            value={staff ?? undefined}
            placeholder={t('board.nobody')}
            onChange={(value) => setStaff(value ?? null)}
            options={people.map((one) => ({
              value: one.id,
              name: one.name,
              label: (
                <span className="pick-person">
                  <span>
                    {one.name}
                    {one.id === me.id && t('assign.me')}
                  </span>
                  <span className="quiet">{t('assign.load', { n: load.get(one.id) ?? 0 })}</span>
                </span>
              ),
            }))}
          />
        </Form.Item>
        {groups.length > 0 && (
          <Form.Item label={t('field.group')}>
            <Select
              allowClear
              aria-label={t('field.group')}
              value={group ?? undefined}
              placeholder={t('common:none')}
              onChange={(value) => setGroup(value ?? null)}
              options={groups.map((one) => ({ value: one.id, label: one.name }))}
            />
          </Form.Item>
        )}
        <Form.Item label={`${t('field.reason')} (${t('common:optional')})`} htmlFor="assign-reason">
          <Input
            id="assign-reason"
            value={reason}
            maxLength={500}
            onChange={(event) => setReason(event.target.value)}
          />
        </Form.Item>
        {fault(act.error)}
      </Form>
    </Modal>
  );
}

function Release({ whole, onClose }: Props) {
  const { t } = useTranslation('desk');
  const [reason, setReason] = useState('');
  const act = useAct<unknown>(whole, 'release', t('release.done'), onClose);
  const save = () => reason.trim() && act.mutate({ reason: reason.trim() });
  return (
    <Modal
      open
      title={t('release.title')}
      onCancel={onClose}
      onOk={save}
      okText={t('release.ok')}
      okButtonProps={{ disabled: !reason.trim() }}
      confirmLoading={act.isPending}
    >
      <p className="quiet">{t('release.note')}</p>
      <Form layout="vertical">
        <Form.Item label={t('field.reason')} required htmlFor="release-reason" help={fieldOf(act.error, 'reason')}>
          <Input
            id="release-reason"
            autoFocus
            maxLength={500}
            value={reason}
            onChange={(event) => setReason(event.target.value)}
            onPressEnter={save}
          />
        </Form.Item>
        {fault(act.error)}
      </Form>
    </Modal>
  );
}

function Urgent({ whole, onClose }: Props) {
  const { t } = useTranslation('desk');
  const on = !whole.ticket.urgent;
  const [reason, setReason] = useState('');
  const act = useAct<unknown>(whole, 'urgent', t(on ? 'urgent.done_on' : 'urgent.done_off'), onClose);
  const save = () => reason.trim() && act.mutate({ on, reason: reason.trim() });
  return (
    <Modal
      open
      title={t(on ? 'urgent.title_on' : 'urgent.title_off')}
      onCancel={onClose}
      onOk={save}
      okText={t(on ? 'urgent.on' : 'urgent.off')}
      okButtonProps={{ disabled: !reason.trim() }}
      confirmLoading={act.isPending}
    >
      <p className="quiet">{t(on ? 'urgent.note_on' : 'urgent.note_off')}</p>
      <Form layout="vertical">
        <Form.Item label={t('field.reason')} required htmlFor="urgent-reason" help={fieldOf(act.error, 'reason')}>
          <Input.TextArea
            id="urgent-reason"
            autoFocus
            rows={3}
            maxLength={500}
            value={reason}
            onChange={(event) => setReason(event.target.value)}
            onPressEnter={(event) => {
              if (event.ctrlKey || event.metaKey) save();
            }}
          />
        </Form.Item>
        {fault(act.error)}
      </Form>
    </Modal>
  );
}

function Merge({ whole, onClose }: Props) {
  const { t } = useTranslation('desk');
  const navigate = useNavigate();
  const [into, setInto] = useState<TicketRow>();
  const { ticket } = whole;
  const act = useAct<unknown>(whole, 'merge', t('merge.done', { n: into?.number ?? '' }), () => {
    onClose();
    if (into) navigate(ticketPath(into.id));
  });
  return (
    <Modal
      open
      title={t('merge.title', { n: ticket.number })}
      onCancel={onClose}
      onOk={() => into && act.mutate({ into: into.id })}
      okText={t('merge.ok')}
      okButtonProps={{ disabled: !into }}
      confirmLoading={act.isPending}
    >
      <TicketPicker ticket={ticket} value={into} onChange={setInto} />
      <p className="quiet dialog-note">
        {into
          ? t('merge.preview', { from: ticket.number, into: into.number, n: whole.messages.length })
          : t('merge.note')}
      </p>
      {fault(act.error)}
    </Modal>
  );
}

function Split({ whole, onClose }: Props) {
  const { t } = useTranslation('desk');
  const navigate = useNavigate();
  const [picked, setPicked] = useState<string[]>([]);
  const [subject, setSubject] = useState('');
  const act = useAct<unknown>(whole, 'split', t('split.done'), (answer) => {
    onClose();
    if (typeof answer.id === 'string') navigate(ticketPath(answer.id));
  });
  const all = picked.length === whole.messages.length;
  return (
    <Modal
      open
      title={t('split.title')}
      onCancel={onClose}
      onOk={() => act.mutate({ message_ids: picked, subject: subject.trim() })}
      okText={t('split.ok')}
      okButtonProps={{ disabled: picked.length === 0 || all || !subject.trim() }}
      confirmLoading={act.isPending}
    >
      <Form layout="vertical">
        <Form.Item label={t('split.subject')} required htmlFor="split-subject" help={fieldOf(act.error, 'subject')}>
          <Input
            id="split-subject"
            autoFocus
            value={subject}
            maxLength={200}
            onChange={(event) => setSubject(event.target.value)}
          />
        </Form.Item>
        <Form.Item label={t('split.messages')} help={all && picked.length > 0 ? t('split.not_all') : undefined}>
          <Checkbox.Group className="split-list" value={picked} onChange={(values) => setPicked(values as string[])}>
            {whole.messages.map((message) => (
              <Checkbox key={message.id} value={message.id}>
                <b>{message.author || t(`side.${message.side}`)}</b> {message.body.slice(0, 80)}
              </Checkbox>
            ))}
          </Checkbox.Group>
        </Form.Item>
        {fault(act.error)}
      </Form>
    </Modal>
  );
}

function LinkTo({ whole, onClose }: Props) {
  const { t } = useTranslation('desk');
  const [other, setOther] = useState<TicketRow>();
  const [kind, setKind] = useState('related');
  const act = useAct<unknown>(whole, 'links', t('link.done'), onClose);
  return (
    <Modal
      open
      title={t('link.title')}
      onCancel={onClose}
      onOk={() => other && act.mutate({ other_id: other.id, kind })}
      okText={t('link.ok')}
      okButtonProps={{ disabled: !other }}
      confirmLoading={act.isPending}
    >
      <Form layout="vertical">
        <Form.Item label={t('link.other')}>
          <TicketPicker ticket={whole.ticket} value={other} onChange={setOther} />
        </Form.Item>
        <Form.Item label={t('link.kind')}>
          <Select
            value={kind}
            aria-label={t('link.kind')}
            onChange={setKind}
            options={(['related', 'follow_up', 'duplicate'] as const).map((value) => ({
              value,
              label: t(`link.${value}`),
            }))}
          />
        </Form.Item>
        {fault(act.error)}
      </Form>
    </Modal>
  );
}
