import { BookOutlined, DeleteOutlined, TeamOutlined } from '@ant-design/icons';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { App, Button, Checkbox, Input, Popover } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation, useNavigate } from 'react-router';
import { get, type Page, post, remove } from '../../api/client';
import { messageOf } from '../../api/problem';
import { useCan, useSession } from '../../api/session';

/** `content` holds the address's query, as the list reads it. */
interface View {
  id: string;
  staff_id: string;
  name: string;
  shared: boolean;
  content: { query?: Record<string, string> };
}

/** Filters and order of the ticket list under a name, for oneself or for everybody. */
export function SavedViews() {
  const { t } = useTranslation('desk');
  const { message } = App.useApp();
  const me = useSession().staff.id;
  const manages = useCan()('manage_service');
  const { search, pathname } = useLocation();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  const [name, setName] = useState('');
  const [shared, setShared] = useState(false);
  const key = ['service', 'views'];
  const views = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => get<Page<View>>('/ticket-views', undefined, signal),
    select: (page) => page.items,
    staleTime: 60_000,
  });
  const run = async (act: () => Promise<unknown>, said?: string) => {
    try {
      await act();
      await queries.invalidateQueries({ queryKey: key });
      if (said) message.success(said);
    } catch (error) {
      message.error(messageOf(error));
    }
  };
  const save = () =>
    run(async () => {
      await post('/ticket-views', {
        name: name.trim(),
        shared,
        content: { query: Object.fromEntries(new URLSearchParams(search)) },
      });
      setName('');
    }, t('common:saved'));
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
                {view.name} {view.shared && <TeamOutlined aria-label={t('views.shared')} />}
              </Button>
              {(view.staff_id === me || manages) && (
                <Button
                  type="text"
                  size="small"
                  icon={<DeleteOutlined />}
                  aria-label={t('views.delete', { name: view.name })}
                  onClick={() => run(() => remove(`/ticket-views/${view.id}`))}
                />
              )}
            </li>
          ))}
        </ul>
      ) : (
        <p className="quiet">{t('views.none')}</p>
      )}
      {search.length > 1 && (
        <form
          className="views-new"
          onSubmit={(event) => {
            event.preventDefault();
            if (name.trim()) void save();
          }}
        >
          <Input
            value={name}
            onChange={(event) => setName(event.target.value)}
            placeholder={t('views.name')}
            aria-label={t('views.name')}
            maxLength={60}
          />
          <Checkbox checked={shared} onChange={(event) => setShared(event.target.checked)}>
            {t('views.share')}
          </Checkbox>
          <Button type="primary" htmlType="submit" disabled={!name.trim()}>
            {t('common:action.save')}
          </Button>
        </form>
      )}
    </div>
  );
  return (
    <Popover trigger="click" placement="bottomLeft" arrow={false} open={open} onOpenChange={setOpen} content={content}>
      <Button icon={<BookOutlined />}>{t('views.button')}</Button>
    </Popover>
  );
}
