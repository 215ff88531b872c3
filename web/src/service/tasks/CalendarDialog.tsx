import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Modal, Typography } from 'antd';
import { useTranslation } from 'react-i18next';
import { API, get, post, remove } from '../../api/client';
import { messageOf } from '../../api/problem';
import { InstantText } from '../../kit/texts';

interface Feed {
  id: string;
  created_at: string;
  read_at: string | null;
}

/** Addresses under which a calendar program reads my tasks. Each is shown once, and can be taken back. */
export function CalendarDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('tasks');
  const queries = useQueryClient();
  const key = ['service', 'calendar-feeds'];
  const feeds = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => get<{ items: Feed[] }>('/my/calendar-feeds', undefined, signal),
  });
  const fresh = () => queries.invalidateQueries({ queryKey: key });
  const add = useMutation({
    mutationFn: () => post<Feed & { token?: string }>('/my/calendar-feeds'),
    onSuccess: fresh,
  });
  const end = useMutation({ mutationFn: (id: string) => remove(`/my/calendar-feeds/${id}`), onSuccess: fresh });
  const failed = add.error ?? end.error ?? feeds.error;
  const address = add.data?.token && `${window.location.origin}${API}/my/calendar.ics?token=${add.data.token}`;
  return (
    <Modal
      open
      title={t('calendar.title')}
      onCancel={onClose}
      footer={<Button onClick={onClose}>{t('common:action.close')}</Button>}
    >
      <p className="quiet duties-note">{t('calendar.note')}</p>
      {failed && <Alert type="error" showIcon title={messageOf(failed)} />}
      {address && (
        <Alert
          type="success"
          title={t('calendar.once')}
          description={
            <Typography.Paragraph copyable code className="duties-address">
              {address}
            </Typography.Paragraph>
          }
        />
      )}
      <ul className="duties-feeds">
        {feeds.data?.items.map((feed) => (
          <li key={feed.id}>
            <span>
              {t('calendar.made')} <InstantText value={feed.created_at} />
            </span>
            <span className="quiet">
              {feed.read_at ? (
                <>
                  {t('calendar.read')} <InstantText value={feed.read_at} />
                </>
              ) : (
                t('calendar.unread')
              )}
            </span>
            <Button size="small" danger loading={end.isPending} onClick={() => end.mutate(feed.id)}>
              {t('calendar.end')}
            </Button>
          </li>
        ))}
      </ul>
      <Button type="primary" loading={add.isPending} onClick={() => add.mutate()}>
        {t('calendar.make')}
      </Button>
    </Modal>
  );
}
