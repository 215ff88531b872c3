import { PlusOutlined } from '@ant-design/icons';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { App, Button, Checkbox, DatePicker, Form, Input, Modal, Select } from 'antd';
import type { Dayjs } from 'dayjs';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { patch, post } from '../../../api/client';
import { messageOf } from '../../../api/problem';
import { useDepartments } from '../../../customers/api';
import { outdated } from '../api';
import { Due } from '../parts';
import { useColleagues } from '../people';
import type { Task, WholeTicket } from '../types';

/** The steps of this ticket, and what other departments have to do for it. */
export function Tasks({ whole, may }: { whole: WholeTicket; may: boolean }) {
  const { t } = useTranslation('desk');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [adding, setAdding] = useState(false);
  const departments = useDepartments().data ?? [];
  const colleagues = useColleagues();
  const tasks = whole.tasks.filter((task) => task.state !== 'cancelled');
  const steps = tasks.filter((task) => task.kind === 'step');
  const others = tasks.filter((task) => task.kind !== 'step');
  const change = useMutation({
    mutationFn: ({ task, state }: { task: Task; state: Task['state'] }) =>
      patch(`/tasks/${task.id}`, { state }, { version: task.version }),
    onSettled: () => outdated(queries, whole.ticket.id),
    onError: (error) => void message.error(messageOf(error)),
  });
  /** What was just asked for, until the server has answered. */
  const asked = (task: Task) =>
    change.isPending && change.variables.task.id === task.id ? change.variables.state : undefined;
  const who = (task: Task) =>
    colleagues.find((one) => one.id === task.assignee_id)?.name ??
    departments.find((one) => one.id === task.department_id)?.name;
  const list = (items: Task[]) => (
    <ul className="tasks">
      {items.map((task) => (
        <li key={task.id} className={task.state}>
          {task.kind === 'return_visit' && task.state === 'open' ? (
            <Link to="/service/return-visits">{task.title}</Link>
          ) : (
            <Checkbox
              checked={(asked(task) ?? task.state) === 'done'}
              disabled={!may || change.isPending || task.kind === 'return_visit'}
              onChange={(event) => change.mutate({ task, state: event.target.checked ? 'done' : 'open' })}
            >
              {task.title}
            </Checkbox>
          )}
          {(who(task) || (task.due_at && task.state === 'open')) && (
            <span className="task-foot">
              {who(task) && <span className="quiet">{who(task)}</span>}
              {task.due_at && task.state === 'open' && <Due at={task.due_at} short />}
            </span>
          )}
        </li>
      ))}
    </ul>
  );
  const done = steps.filter((task) => task.state === 'done').length;
  return (
    <section className="panel side-card" aria-label={t('task.title')}>
      <div className="side-head">
        <h2>{t('task.title')}</h2>
        {may && (
          <Button type="text" size="small" icon={<PlusOutlined />} onClick={() => setAdding(true)}>
            {t('task.add')}
          </Button>
        )}
      </div>
      {steps.length > 0 && (
        <>
          <p className="quiet">{t('task.steps', { done, all: steps.length })}</p>
          {list(steps)}
        </>
      )}
      {others.length > 0 && list(others)}
      {tasks.length === 0 && <p className="quiet">{t('task.none')}</p>}
      {adding && <AddTask ticket={whole.ticket.id} onClose={() => setAdding(false)} />}
    </section>
  );
}

interface Typed {
  title: string;
  department_id?: string;
  assignee_id?: string;
  due_at?: Dayjs;
}

function AddTask({ ticket, onClose }: { ticket: string; onClose: () => void }) {
  const { t } = useTranslation('desk');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const departments = useDepartments().data ?? [];
  const colleagues = useColleagues();
  const [form] = Form.useForm<Typed>();
  const add = useMutation({
    mutationFn: (typed: Typed) => post(`/tickets/${ticket}/tasks`, { ...typed, due_at: typed.due_at?.toISOString() }),
    onSuccess: () => {
      outdated(queries, ticket);
      void message.success(t('task.added'));
      onClose();
    },
    onError: (error) => void message.error(messageOf(error)),
  });
  return (
    <Modal
      open
      title={t('task.new')}
      onCancel={onClose}
      onOk={() => form.submit()}
      okText={t('task.ok')}
      confirmLoading={add.isPending}
    >
      <p className="quiet">{t('task.note')}</p>
      <Form<Typed> form={form} layout="vertical" onFinish={(typed) => add.mutate(typed)} requiredMark={false}>
        <Form.Item
          name="title"
          label={t('task.what')}
          rules={[{ required: true, whitespace: true, message: t('task.what_missing') }]}
        >
          <Input autoFocus maxLength={200} />
        </Form.Item>
        <Form.Item name="department_id" label={t('task.department')}>
          <Select
            allowClear
            showSearch={{ optionFilterProp: 'label' }}
            options={departments.map((one) => ({ value: one.id, label: one.path_text ?? one.name }))}
          />
        </Form.Item>
        <Form.Item name="assignee_id" label={t('task.assignee')}>
          <Select
            allowClear
            showSearch={{ optionFilterProp: 'label' }}
            options={colleagues.map((one) => ({ value: one.id, label: one.name }))}
          />
        </Form.Item>
        <Form.Item name="due_at" label={`${t('task.due')} (${t('common:optional')})`}>
          <DatePicker showTime={{ format: 'HH:mm' }} format="YYYY-MM-DD HH:mm" style={{ width: '100%' }} />
        </Form.Item>
      </Form>
    </Modal>
  );
}
