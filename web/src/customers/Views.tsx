import { BookOutlined, DeleteOutlined } from '@ant-design/icons';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { App, Button, Input, Popover } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation, useNavigate } from 'react-router';
import { get, type Page, post, remove } from '../api/client';
import { messageOf } from '../api/problem';
import type { Schemas } from '../api/types';

/** `content` holds the address's query, as the list reads it. */
type View = Omit<Schemas['View'], 'content'> & { content: { query?: Record<string, string> } };

/** Filters and order kept under a name. */
export function Views({ list }: { list: string }) {
  const { t } = useTranslation('customers');
  const { message } = App.useApp();
  const { search, pathname } = useLocation();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  const [name, setName] = useState('');
  const views = useQuery({
    queryKey: ['views', list],
    queryFn: ({ signal }) => get<Page<View>>('/views', { page: list }, signal),
    select: (page) => page.items,
    staleTime: 60_000,
    retry: false,
  });
  const save = async () => {
    try {
      await post('/views', {
        page: list,
        name: name.trim(),
        content: { query: Object.fromEntries(new URLSearchParams(search)) },
      });
      setName('');
      await queries.invalidateQueries({ queryKey: ['views', list] });
      message.success(t('common:saved'));
    } catch (error) {
      message.error(messageOf(error));
    }
  };
  const drop = async (view: View) => {
    try {
      await remove(`/views/${view.id}`);
      await queries.invalidateQueries({ queryKey: ['views', list] });
    } catch (error) {
      message.error(messageOf(error));
    }
  };
  const content = (
    <div className="views">
      {views.data?.length ? (
        <ul>
          {views.data.map((view) => (
            <li key={view.id}>
              <Button
                type="text"
                onClick={() => {
                  setOpen(false);
                  navigate(`${pathname}?${new URLSearchParams(view.content.query)}`);
                }}
              >
                {view.name}
              </Button>
              <Button
                type="text"
                size="small"
                icon={<DeleteOutlined />}
                aria-label={t('view.delete', { name: view.name })}
                onClick={() => drop(view)}
              />
            </li>
          ))}
        </ul>
      ) : (
        <p className="quiet">{t('view.none')}</p>
      )}
      {search.length > 1 && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (name.trim()) void save();
          }}
        >
          <Input
            value={name}
            onChange={(event) => setName(event.target.value)}
            placeholder={t('view.name')}
            aria-label={t('view.name')}
            maxLength={40}
          />
          <Button type="primary" htmlType="submit" disabled={!name.trim()}>
            {t('common:action.save')}
          </Button>
        </form>
      )}
    </div>
  );
  return (
    <Popover trigger="click" placement="bottomLeft" arrow={false} open={open} onOpenChange={setOpen} content={content}>
      <Button icon={<BookOutlined />}>{t('view.views')}</Button>
    </Popover>
  );
}
