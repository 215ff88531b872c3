import { DeleteOutlined, EditOutlined, PlusOutlined } from '@ant-design/icons';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Checkbox, Form, Input, Modal, Popconfirm, Segmented, Select, Skeleton } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get, patch, post, remove } from '../../api/client';
import { messageOf, Problem } from '../../api/problem';
import { useCan } from '../../api/session';
import { useDepartments } from '../../customers/api';
import { said } from '../../i18n';
import { Empty } from '../../kit/Empty';
import { ErrorView } from '../../kit/ErrorView';
import { PageHeader } from '../../kit/PageHeader';
import { useLevels } from '../../kit/useLevels';
import { useUrlState } from '../../kit/useUrlState';
import { KINDS } from './types';
import './desk.css';

type Part = 'templates' | 'checklists';

interface Row {
  id: string;
  name: string;
  kind?: string | null;
  levels?: number[] | null;
  channel?: string;
  body?: string;
  steps?: { title: string; department_id?: string; required?: boolean }[];
  version: number;
}

interface List {
  items: Row[];
  variables?: { zh: string; en: string }[];
}

const CHANNELS = ['any', 'phone', 'email', 'message'] as const;

/** Said beside the fields already. */
const told = (error: unknown) => error instanceof Problem && Object.keys(error.fields).length > 0;

/** 话术与流程: what to say, and what to do step by step, for each level and type. */
export default function WordsPage() {
  const { t } = useTranslation('desk');
  const [state, change] = useUrlState();
  const part: Part = state.part === 'checklists' ? 'checklists' : 'templates';
  const may = useCan()('manage_service');
  const { byRank } = useLevels();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [editing, setEditing] = useState<Row | 'new'>();
  const path = `/ticket-${part}`;
  const list = useQuery({
    queryKey: ['service', path],
    queryFn: ({ signal }) => get<List>(path, undefined, signal),
  });
  const drop = useMutation({
    mutationFn: (row: Row) => remove(`${path}/${row.id}`, { version: row.version }),
    onError: (error) => void message.error(messageOf(error)),
    onSettled: () => void queries.invalidateQueries({ queryKey: ['service', path] }),
  });
  const items = list.data?.items ?? [];
  const button = may && (
    <Button type="primary" icon={<PlusOutlined />} onClick={() => setEditing('new')}>
      {t(`words.new_${part}`)}
    </Button>
  );
  return (
    <div className="desk">
      <PageHeader title={t('words.title')} note={t(`words.note_${part}`)} extra={items.length > 0 && button} />
      <Segmented<Part>
        className="words-part"
        value={part}
        aria-label={t('words.title')}
        onChange={(next) => change({ part: next === 'templates' ? null : next })}
        options={(['templates', 'checklists'] as const).map((value) => ({ value, label: t(`words.${value}`) }))}
      />
      {list.isPending && <Skeleton active />}
      {list.isError && <ErrorView error={list.error} onRetry={() => list.refetch()} />}
      {list.isSuccess && items.length === 0 && (
        <div className="sheet">
          <Empty title={t(`words.none_${part}`)} note={t(`words.note_${part}`)} action={button} />
        </div>
      )}
      <ul className="words-list">
        {items.map((row) => (
          <li key={row.id} className="panel">
            <div className="side-head">
              <h2>{row.name}</h2>
              {may && (
                <span>
                  <Button
                    type="text"
                    icon={<EditOutlined />}
                    aria-label={`${t('common:action.edit')} ${row.name}`}
                    onClick={() => setEditing(row)}
                  />
                  <Popconfirm title={t('words.drop', { name: row.name })} onConfirm={() => drop.mutate(row)}>
                    <Button
                      type="text"
                      icon={<DeleteOutlined />}
                      aria-label={`${t('common:action.delete')} ${row.name}`}
                    />
                  </Popconfirm>
                </span>
              )}
            </div>
            <p className="quiet">
              {[
                row.kind ? t(`kind.${row.kind}`) : t('words.any_kind'),
                row.levels?.length
                  ? row.levels.map((rank) => byRank.get(rank)?.name ?? t('kit:level.none')).join('、')
                  : t('words.any_level'),
                row.channel && t(`words.channel.${row.channel}`),
              ]
                .filter(Boolean)
                .join(' · ')}
            </p>
            {row.body && <p className="words-body">{row.body}</p>}
            {row.steps && (
              <ol className="words-steps">
                {row.steps.map((step, index) => (
                  <li key={index}>
                    {step.title} {step.required && <span className="quiet">{t('words.required')}</span>}
                  </li>
                ))}
              </ol>
            )}
          </li>
        ))}
      </ul>
      {editing && (
        <Editor
          part={part}
          row={editing === 'new' ? undefined : editing}
          variables={list.data?.variables ?? []}
          onClose={() => setEditing(undefined)}
        />
      )}
    </div>
  );
}

function Editor({
  part,
  row,
  variables,
  onClose,
}: {
  part: Part;
  row?: Row;
  variables: { zh: string; en: string }[];
  onClose: () => void;
}) {
  const { t } = useTranslation('desk');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const { levels } = useLevels();
  const departments = useDepartments().data ?? [];
  const [form] = Form.useForm<Row>();
  const path = `/ticket-${part}`;
  const save = useMutation({
    mutationFn: ({ levels: ranks, kind, ...typed }: Row) => {
      const body = { ...typed, kind: kind ?? null, levels: ranks?.length ? ranks : null };
      return row ? patch(`${path}/${row.id}`, body, { version: row.version }) : post(path, body);
    },
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['service', path] });
      void queries.invalidateQueries({ queryKey: ['service', 'templates'] });
      void message.success(t('common:saved'));
      onClose();
    },
    onError: (error) => {
      if (!(error instanceof Problem)) return;
      form.setFields(Object.entries(error.fields).map(([name, text]) => ({ name: name as keyof Row, errors: [text] })));
    },
  });
  const insert = (variable: string) =>
    form.setFieldValue('body', `${(form.getFieldValue('body') as string | undefined) ?? ''}{${variable}}`);
  return (
    <Modal
      open
      width={640}
      title={row ? t('common:action.edit') : t(`words.new_${part}`)}
      onCancel={onClose}
      onOk={() => form.submit()}
      okText={t('common:action.save')}
      confirmLoading={save.isPending}
    >
      <Form<Row>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={row ?? (part === 'templates' ? { channel: 'any' } : { steps: [{ title: '', required: true }] })}
        onFinish={(typed) => save.mutate(typed)}
      >
        <Form.Item
          name="name"
          label={t('words.name')}
          rules={[{ required: true, whitespace: true, message: t('words.name_missing') }]}
        >
          <Input autoFocus maxLength={60} />
        </Form.Item>
        <div className="new-pair">
          <Form.Item name="kind" label={t('field.kind')}>
            <Select
              allowClear
              placeholder={t('words.any_kind')}
              options={KINDS.map((value) => ({ value, label: t(`kind.${value}`) }))}
            />
          </Form.Item>
          <Form.Item name="levels" label={t('field.level')}>
            <Select
              mode="multiple"
              allowClear
              placeholder={t('words.any_level')}
              options={levels.map((level) => ({ value: level.rank, label: level.name }))}
            />
          </Form.Item>
          {part === 'templates' && (
            <Form.Item name="channel" label={t('field.channel')}>
              <Select options={CHANNELS.map((value) => ({ value, label: t(`words.channel.${value}`) }))} />
            </Form.Item>
          )}
        </div>
        {part === 'templates' ? (
          <>
            <Form.Item
              name="body"
              label={t('words.body')}
              rules={[{ required: true, whitespace: true, message: t('words.body_missing') }]}
            >
              <Input.TextArea autoSize={{ minRows: 5, maxRows: 16 }} maxLength={5000} />
            </Form.Item>
            <p className="quiet">{t('words.variables')}</p>
            <div className="words-variables">
              {variables.map((one) => (
                <Button key={one.en} size="small" onClick={() => insert(said(one))}>
                  {said(one)}
                </Button>
              ))}
            </div>
          </>
        ) : (
          <Form.List name="steps">
            {(fields, { add, remove: take }) => (
              <>
                {fields.map((field, index) => (
                  <div key={field.key} className="words-step">
                    <Form.Item
                      name={[field.name, 'title']}
                      rules={[{ required: true, whitespace: true, message: t('words.step_missing') }]}
                    >
                      <Input
                        maxLength={200}
                        placeholder={t('words.step', { n: index + 1 })}
                        aria-label={t('words.step', { n: index + 1 })}
                      />
                    </Form.Item>
                    <Form.Item name={[field.name, 'department_id']}>
                      <Select
                        allowClear
                        placeholder={t('task.department')}
                        aria-label={t('task.department')}
                        options={departments.map((one) => ({ value: one.id, label: one.path_text ?? one.name }))}
                      />
                    </Form.Item>
                    <Form.Item name={[field.name, 'required']} valuePropName="checked">
                      <Checkbox>{t('words.required')}</Checkbox>
                    </Form.Item>
                    <Button
                      type="text"
                      icon={<DeleteOutlined />}
                      aria-label={t('words.drop_step', { n: index + 1 })}
                      onClick={() => take(field.name)}
                      disabled={fields.length === 1}
                    />
                  </div>
                ))}
                <Button type="dashed" icon={<PlusOutlined />} onClick={() => add({ title: '', required: true })} block>
                  {t('words.add_step')}
                </Button>
              </>
            )}
          </Form.List>
        )}
        {save.isError && !told(save.error) && (
          <Alert type="error" showIcon title={messageOf(save.error)} className="dialog-fault" />
        )}
      </Form>
    </Modal>
  );
}
