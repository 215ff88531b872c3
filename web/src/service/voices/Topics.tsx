import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Grid, Input, Modal, Select, Skeleton, Space, Table, Tag } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { patch, post } from '../../api/client';
import { messageOf } from '../../api/problem';
import { useCan } from '../../api/session';
import { listed } from '../../i18n';
import { Empty } from '../../kit/Empty';
import { ErrorView } from '../../kit/ErrorView';
import { type Rule, type Topic, useTopics } from './api';
import { Improve } from './Improve';

const EMPTY: Rule = { any: [], with: [], without: [] };

/** The topics and the words that make them. */
export function Topics() {
  const { t } = useTranslation('voices');
  const phone = !Grid.useBreakpoint().md;
  const can = useCan();
  const [may, works] = [can('manage_service'), can('work_tickets')];
  const { message } = App.useApp();
  const queries = useQueryClient();
  const found = useTopics();
  const [editing, edit] = useState<Topic | 'new'>();
  const again = () => queries.invalidateQueries({ queryKey: ['service'] });
  const failed = (error: unknown) => void message.error(messageOf(error));
  const starters = useMutation({ mutationFn: () => post('/topics/starters', {}), onSuccess: again, onError: failed });
  const flip = useMutation({
    mutationFn: (one: Topic) => patch(`/topics/${one.id}`, { archived: !one.archived }, { version: one.version }),
    onSuccess: again,
    onError: failed,
  });
  const acts = may && (
    <Space wrap>
      <Button type="primary" onClick={() => edit('new')}>
        {t('new_topic')}
      </Button>
      <Button onClick={() => starters.mutate()} loading={starters.isPending}>
        {t('starters')}
      </Button>
    </Space>
  );
  if (found.isError) return <ErrorView error={found.error} onRetry={() => found.refetch()} />;
  if (found.isPending) return <Skeleton active />;
  const items = found.data.items;
  const nameOf = (one: Topic) => (
    <>
      {one.name} {one.archived && <Tag>{t('archived')}</Tag>}
    </>
  );
  const wordsOf = (one: Topic) => listed(one.rules.flatMap((rule) => rule.any));
  const actsOf = (one: Topic) => (
    <Space wrap>
      {!one.archived && works && <Improve source={{ topic: one }} />}
      {may && (
        <>
          <Button size="small" onClick={() => edit(one)}>
            {t('common:action.edit')}
          </Button>
          <Button size="small" type="text" onClick={() => flip.mutate(one)}>
            {t(one.archived ? 'restore' : 'archive')}
          </Button>
        </>
      )}
    </Space>
  );
  const busy = ['waiting', 'queued', 'running'].includes(found.data.retag?.state ?? '');
  return (
    <>
      {busy && <Alert type="info" showIcon message={t('retag')} style={{ marginBottom: 12 }} />}
      {items.length === 0 && <Empty title={t('topics_none')} note={t('topics_none_note')} action={acts || undefined} />}
      {items.length > 0 && (
        <>
          <div className="voices-bar">{acts}</div>
          <Table
            size="small"
            rowKey="id"
            pagination={false}
            showHeader={!phone}
            dataSource={items}
            columns={
              phone
                ? [
                    {
                      key: 'all',
                      title: t('name'),
                      render: (_: unknown, one: Topic) => (
                        <div className="topic-card">
                          <strong>{nameOf(one)}</strong>
                          <span className="quiet-words">{wordsOf(one)}</span>
                          {actsOf(one)}
                        </div>
                      ),
                    },
                  ]
                : [
                    { key: 'name', title: t('name'), render: (_: unknown, one: Topic) => nameOf(one) },
                    { key: 'words', title: t('rule.any'), render: (_: unknown, one: Topic) => wordsOf(one) },
                    { key: 'acts', title: '', render: (_: unknown, one: Topic) => actsOf(one) },
                  ]
            }
          />
        </>
      )}
      {editing && <TopicDialog topic={editing === 'new' ? undefined : editing} onClose={() => edit(undefined)} />}
    </>
  );
}

function TopicDialog({ topic, onClose }: { topic?: Topic; onClose: () => void }) {
  const { t } = useTranslation('voices');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [name, setName] = useState(topic?.name ?? '');
  const [tried, look] = useState(false);
  const [rules, setRules] = useState<(Rule & { id: number })[]>(
    (topic?.rules ?? [EMPTY]).map((rule, id) => ({ ...rule, id })),
  );
  const save = useMutation({
    mutationFn: () => {
      const body = { name, rules: rules.map(({ any, with: also, without }) => ({ any, with: also, without })) };
      return topic ? patch(`/topics/${topic.id}`, body, { version: topic.version }) : post('/topics', body);
    },
    onSuccess: () => {
      void message.success(t('saved'));
      void queries.invalidateQueries({ queryKey: ['service'] });
      onClose();
    },
    onError: (error) => void message.error(messageOf(error)),
  });
  const set = (id: number, change: Partial<Rule>) =>
    setRules((now) => now.map((rule) => (rule.id === id ? { ...rule, ...change } : rule)));
  return (
    <Modal
      open
      title={t(topic ? 'edit_topic' : 'new_topic')}
      onCancel={onClose}
      onOk={() => {
        look(true);
        if (name.trim() && rules.every((rule) => rule.any.length > 0)) save.mutate();
      }}
      confirmLoading={save.isPending}
      okText={t('common:action.save')}
      cancelText={t('common:action.cancel')}
    >
      <label>
        {t('name')}
        <Input
          value={name}
          maxLength={60}
          status={tried && !name.trim() ? 'error' : undefined}
          onChange={(event) => setName(event.target.value)}
        />
      </label>
      {tried && !name.trim() && <div className="field-fault">{t('name_needed')}</div>}
      <div style={{ height: 12 }} />
      {rules.map((rule, at) => (
        <div key={rule.id} className="voice-rule">
          <strong>{t('rule.number', { n: at + 1 })}</strong>
          {(['any', 'with', 'without'] as const).map((part) => (
            <Select
              key={part}
              mode="tags"
              open={false}
              suffixIcon={null}
              tokenSeparators={[',', '，', '、', ' ']}
              aria-label={t(`rule.${part}`)}
              placeholder={t(`rule.${part}`)}
              value={rule[part]}
              status={tried && part === 'any' && rule.any.length === 0 ? 'error' : undefined}
              onChange={(words) => set(rule.id, { [part]: words })}
            />
          ))}
          {tried && rule.any.length === 0 && <div className="field-fault">{t('rule.needed')}</div>}
          {rules.length > 1 && (
            <Button size="small" type="text" onClick={() => setRules((now) => now.filter((one) => one.id !== rule.id))}>
              {t('rule.remove')}
            </Button>
          )}
        </div>
      ))}
      <Button
        onClick={() => setRules((now) => [...now, { ...EMPTY, id: Math.max(0, ...now.map((one) => one.id)) + 1 }])}
      >
        {t('rule.add')}
      </Button>
    </Modal>
  );
}
