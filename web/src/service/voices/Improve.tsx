import { DownOutlined, PlusOutlined } from '@ant-design/icons';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { App, Button, Dropdown, Space } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { get, post } from '../../api/client';
import { messageOf } from '../../api/problem';
import { useCan } from '../../api/session';
import type { Improvement } from '../improvements/api';
import { type Topic, titleOf, type Voice } from './api';

/** What is put into an improvement: one voice, or a topic with its tickets of ninety days. */
export type Source = { voice: Voice } | { topic: Topic };

function newOf(source: Source) {
  if ('topic' in source) return { title: source.topic.name, topic_id: source.topic.id };
  const { voice } = source;
  return {
    title: titleOf(voice.body),
    topic_id: voice.topics[0],
    ticket_ids: [voice.ticket_id],
  };
}

/** One press makes an improvement of it; the arrow puts it into one that is open already. */
export function Improve({ source }: { source: Source }) {
  const { t } = useTranslation('voices');
  const may = useCan()('work_tickets');
  const { message } = App.useApp();
  const queries = useQueryClient();
  // The message stands outside of the page, where no link knows the way.
  const navigate = useNavigate();
  const [asked, ask] = useState(false);
  const open = useQuery({
    queryKey: ['service', 'improvements'],
    queryFn: ({ signal }) => get<{ items: Improvement[] }>('/improvements', undefined, signal),
    enabled: asked,
  });
  const make = useMutation({
    mutationFn: async (into?: Improvement) => {
      const one = into ?? (await post<Improvement>('/improvements', newOf(source)));
      const what = 'topic' in source ? { topic_id: source.topic.id } : { ticket_ids: [source.voice.ticket_id] };
      if (into || 'topic' in source) await post(`/improvements/${one.id}/contributors`, what);
      return one;
    },
    onSuccess: (one, into) => {
      void queries.invalidateQueries({ queryKey: ['service', 'improvements'] });
      void message.success(
        <span>
          {t(into ? 'improve.joined' : 'improve.made', { title: one.title })}{' '}
          <Button type="link" size="small" onClick={() => navigate(`/service/improvements?open=${one.id}`)}>
            {t('improve.look')}
          </Button>
        </span>,
        6,
      );
    },
    onError: (error) => void message.error(messageOf(error)),
  });
  if (!may) return null;
  const topics = 'topic' in source ? [source.topic.id] : source.voice.topics;
  const near = (one: Improvement) => (one.topic_id && topics.includes(one.topic_id) ? 0 : 1);
  const items = (open.data?.items ?? [])
    .filter((one) => one.state !== 'done' && one.state !== 'declined')
    .sort((a, b) => near(a) - near(b))
    .slice(0, 12);
  return (
    <Space.Compact>
      <Button size="small" icon={<PlusOutlined />} loading={make.isPending} onClick={() => make.mutate(undefined)}>
        {t('improve.button')}
      </Button>
      <Dropdown
        trigger={['click']}
        onOpenChange={ask}
        menu={{
          items: [
            {
              key: 'title',
              type: 'group',
              label: t(items.length > 0 ? 'improve.into' : 'improve.none'),
              children: items.map((one) => ({ key: one.id, label: one.title })),
            },
          ],
          onClick: ({ key }) => make.mutate(items.find((one) => one.id === key)),
        }}
      >
        <Button size="small" icon={<DownOutlined />} aria-label={t('improve.into')} disabled={make.isPending} />
      </Dropdown>
    </Space.Compact>
  );
}
