import { DeleteOutlined, EditOutlined, PlusOutlined } from '@ant-design/icons';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Drawer, Form, Grid, Input, Skeleton } from 'antd';
import { useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { patch, post, remove } from '../api/client';
import { messageOf } from '../api/problem';
import { useCan } from '../api/session';
import { said } from '../i18n';
import { ConditionEditor } from '../kit/ConditionEditor';
import { type Group, read, tests, write } from '../kit/condition';
import { Empty } from '../kit/Empty';
import { ErrorView } from '../kit/ErrorView';
import { count, share } from '../kit/format';
import { PageHeader } from '../kit/PageHeader';
import { RelativeTime } from '../kit/texts';
import { type Segment, useSegments } from './api';
import { useConditions, useSettled } from './conditions';
import './customers.css';

interface Count {
  count: number;
  total: number;
}

/** Groups of customers by condition, kept under a name and used wherever an audience is chosen. */
export default function SegmentsPage() {
  const { t } = useTranslation('customers');
  const can = useCan();
  const { message, modal } = App.useApp();
  const queries = useQueryClient();
  const segments = useSegments();
  const [editing, setEditing] = useState<Segment | 'new'>();
  const drop = (segment: Segment) =>
    modal.confirm({
      title: t('segment.delete_question', { name: segment.name }),
      content: t('segment.delete_note'),
      okButtonProps: { danger: true },
      okText: t('common:action.delete'),
      onOk: async () => {
        try {
          await remove(`/segments/${segment.id}`, { version: segment.version });
          await queries.invalidateQueries({ queryKey: ['segments'] });
        } catch (error) {
          message.error(messageOf(error));
        }
      },
    });
  const make = can('manage_segments') && (
    <Button type="primary" icon={<PlusOutlined />} onClick={() => setEditing('new')}>
      {t('segment.new')}
    </Button>
  );
  return (
    <>
      <PageHeader
        title={t('common:page.segments')}
        note={t('segment.note')}
        extra={segments.data?.length ? make : null}
      />
      {segments.isPending && <Skeleton active />}
      {segments.isError && <ErrorView error={segments.error} onRetry={() => segments.refetch()} />}
      {segments.data?.length === 0 && (
        <div className="sheet">
          <Empty title={t('segment.empty')} note={t('segment.empty_note')} action={make} />
        </div>
      )}
      <ul className="segments">
        {segments.data?.map((segment) => (
          <li key={segment.id} className="panel">
            <div className="segment-head">
              <Link to={`/customers?segment=${segment.id}`}>
                <b>{segment.name}</b>
              </Link>
              {can('manage_segments') && (
                <span>
                  <Button
                    type="text"
                    icon={<EditOutlined />}
                    aria-label={t('segment.edit_name', { name: segment.name })}
                    onClick={() => setEditing(segment)}
                  />
                  <Button
                    type="text"
                    icon={<DeleteOutlined />}
                    aria-label={t('segment.delete_name', { name: segment.name })}
                    onClick={() => drop(segment)}
                  />
                </span>
              )}
            </div>
            <SegmentCount condition={segment.condition} to={`/customers?segment=${segment.id}`} />
            {segment.sentence && <p className="segment-sentence">{said(segment.sentence)}</p>}
            {segment.updated_at && (
              <p className="quiet">
                {t('segment.changed')} <RelativeTime value={segment.updated_at} />
              </p>
            )}
          </li>
        ))}
      </ul>
      <SegmentForm segment={editing} onClose={() => setEditing(undefined)} />
    </>
  );
}

function SegmentCount({ condition, to }: { condition: unknown; to: string }) {
  const { t } = useTranslation('customers');
  const found = useCount(condition, true);
  if (!found.data) return <Skeleton.Button active size="small" />;
  return (
    <p className="segment-count">
      <Link to={to}>{t('count', { n: count(found.data.count) })}</Link>
      {found.data.total > 0 && <span className="quiet"> {share(found.data.count / found.data.total)}</span>}
    </p>
  );
}

function useCount(condition: unknown, enabled: boolean) {
  return useQuery({
    queryKey: ['segments', 'count', condition],
    queryFn: () => post<Count>('/segments/count', { condition }),
    enabled,
    placeholderData: (before) => before,
    retry: false,
  });
}

function SegmentForm({ segment, onClose }: { segment: Segment | 'new' | undefined; onClose: () => void }) {
  const { t } = useTranslation('customers');
  const phone = !Grid.useBreakpoint().md;
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [form] = Form.useForm<{ name: string }>();
  const [group, setGroup] = useState<Group>({ join: 'all', parts: [] });
  const old = typeof segment === 'object' ? segment : undefined;

  useEffect(() => {
    if (!segment) return;
    setGroup(old ? read(old.condition) : { join: 'all', parts: [] });
    form.setFieldsValue({ name: old?.name ?? '' });
  }, [segment, old, form]);

  const { catalogue, options } = useConditions(!!segment, old?.id);
  const condition = useMemo(() => write(group), [group]);
  const settled = useSettled(condition, 250);
  const found = useCount(settled, !!segment && !!catalogue.data);

  const save = useMutation({
    mutationFn: ({ name }: { name: string }) =>
      old
        ? patch(`/segments/${old.id}`, { name: name.trim(), condition }, { version: old.version })
        : post('/segments', { name: name.trim(), condition }),
    onSuccess: () => {
      message.success(t('common:saved'));
      void queries.invalidateQueries({ queryKey: ['segments'] });
      onClose();
    },
  });

  return (
    <Drawer
      open={!!segment}
      onClose={onClose}
      size={phone ? '100%' : 760}
      title={old ? t('segment.edit') : t('segment.new')}
      footer={
        <div className="drawer-foot segment-foot">
          <span role="status" aria-live="polite">
            {found.data && (
              <>
                <b>{t('count', { n: count(found.data.count) })}</b>
                {found.data.total > 0 && (
                  <span className="quiet">
                    {' '}
                    {t('segment.of_all', { share: share(found.data.count / found.data.total) })}
                  </span>
                )}
              </>
            )}
          </span>
          <Button onClick={onClose}>{t('common:action.cancel')}</Button>
          <Button type="primary" disabled={tests(group) === 0} loading={save.isPending} onClick={() => form.submit()}>
            {t('common:action.save')}
          </Button>
        </div>
      }
    >
      <Form
        form={form}
        layout="vertical"
        name="segment"
        onFinish={(values) => save.mutate(values)}
        requiredMark={false}
      >
        {save.isError && <Alert type="error" showIcon title={messageOf(save.error)} style={{ marginBottom: 16 }} />}
        {found.isError && <Alert type="warning" showIcon title={messageOf(found.error)} style={{ marginBottom: 16 }} />}
        <Form.Item
          name="name"
          label={t('segment.name')}
          rules={[{ required: true, whitespace: true, message: t('segment.name_needed') }]}
        >
          <Input maxLength={60} placeholder={t('segment.name_hint')} />
        </Form.Item>
      </Form>
      {catalogue.isError && <ErrorView error={catalogue.error} onRetry={() => catalogue.refetch()} />}
      {catalogue.isPending && <Skeleton active />}
      {catalogue.data && (
        <ConditionEditor value={group} onChange={setGroup} catalogue={catalogue.data} options={options} />
      )}
    </Drawer>
  );
}
