import { useInfiniteQuery } from '@tanstack/react-query';
import { Button, Popover, Skeleton, Tag } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { get, type Page, type Query } from '../../api/client';
import { Empty } from '../../kit/Empty';
import { ErrorView } from '../../kit/ErrorView';
import { instantText } from '../../kit/format';
import { LevelBadge } from '../../kit/level';
import { useLevels } from '../../kit/useLevels';
import type { Topic, Voice } from './api';
import { Improve } from './Improve';

const TONES = { positive: 'success', neutral: 'default', negative: 'error' };

/** What customers said, the latest first, each with its feeling, the reason for it, and its ticket. */
export function Said({ query, topics }: { query: Query; topics: Topic[] }) {
  const { t } = useTranslation('voices');
  const { byRank } = useLevels();
  const pages = useInfiniteQuery({
    queryKey: ['service', 'voices', query],
    queryFn: ({ pageParam, signal }) => get<Page<Voice>>('/voices', { ...query, after: pageParam, limit: 30 }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next ?? undefined,
  });
  const names = new Map(topics.map((one) => [one.id, one.name]));
  if (pages.isError) return <ErrorView error={pages.error} onRetry={() => pages.refetch()} />;
  if (pages.isPending) return <Skeleton active />;
  const items = pages.data.pages.flatMap((page) => page.items);
  if (items.length === 0) return <Empty title={t('none')} note={t('none_note')} />;
  return (
    <>
      {items.map((one) => (
        <article key={one.message_id} className="voice-said">
          <div className="voice-head">
            <Tag color={TONES[one.sentiment]}>{t(`sentiment.${one.sentiment}`)}</Tag>
            {one.topics.map((topic) => (
              <Tag key={topic}>{names.get(topic) ?? '–'}</Tag>
            ))}
            {one.customer && <span>{one.customer}</span>}
            <LevelBadge {...byRank.get(one.level_rank)} />
            {one.product && <span className="quiet-words">{one.product}</span>}
            <span className="quiet-words">{instantText(one.said_at)}</span>
            <Link to={`/service/tickets/${one.ticket_id}`}>#{one.number}</Link>
            <Popover
              trigger="click"
              content={
                <>
                  {one.words.map((word) => (
                    <div key={word.word}>
                      {word.word} {word.weight > 0 ? `+${word.weight}` : word.weight}
                    </div>
                  ))}
                  <div>
                    {t(`by.${one.source}`)} {one.score}
                  </div>
                  {one.fell_back && <div>{t('fell_back', { error: one.fell_back })}</div>}
                </>
              }
            >
              <Button type="link" size="small">
                {t('why')}
              </Button>
            </Popover>
          </div>
          <p>{one.body}</p>
          <Improve source={{ voice: one }} />
        </article>
      ))}
      {pages.hasNextPage && (
        <Button onClick={() => pages.fetchNextPage()} loading={pages.isFetchingNextPage} style={{ marginTop: 16 }}>
          {t('more')}
        </Button>
      )}
    </>
  );
}
