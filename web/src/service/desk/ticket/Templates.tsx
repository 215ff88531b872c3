import { SnippetsOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { App, Button, Input, Popover } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get, type Page } from '../../../api/client';
import { messageOf } from '../../../api/problem';
import { listed } from '../../../i18n';
import type { WholeTicket } from '../types';

interface Template {
  id: string;
  name: string;
  body: string;
  /** Filled in for this ticket. */
  text?: string | null;
  /** What the template asks for and nobody knows. */
  missing: string[];
}

/** Talk templates that fit this ticket, with its names and numbers already in. */
export function Templates({ ticket, onPick }: { ticket: WholeTicket; onPick: (body: string) => void }) {
  const { t } = useTranslation('desk');
  const { message } = App.useApp();
  const [open, setOpen] = useState(false);
  const [search, setSearch] = useState('');
  const { id } = ticket.ticket;
  const templates = useQuery({
    queryKey: ['service', 'templates', id],
    queryFn: ({ signal }) => get<Page<Template>>('/ticket-templates', { ticket: id }, signal),
    enabled: open,
    staleTime: 60_000,
  });
  const pick = (template: Template) => {
    onPick(template.text ?? template.body);
    if (template.missing.length > 0)
      void message.warning(t('template.missing', { names: listed(template.missing) }), 6);
    setOpen(false);
  };
  const words = search.trim().toLowerCase();
  const items = (templates.data?.items ?? []).filter(
    (one) => !words || one.name.toLowerCase().includes(words) || one.body.toLowerCase().includes(words),
  );
  return (
    <Popover
      trigger="click"
      placement="topLeft"
      arrow={false}
      open={open}
      onOpenChange={setOpen}
      content={
        <div className="templates">
          <Input.Search
            autoFocus
            allowClear
            value={search}
            onChange={(event) => setSearch(event.target.value)}
            placeholder={t('template.search')}
            aria-label={t('template.search')}
            onPressEnter={() => items[0] && pick(items[0])}
          />
          {templates.isError && <p className="quiet">{messageOf(templates.error)}</p>}
          {templates.isSuccess && items.length === 0 && <p className="quiet">{t('template.none')}</p>}
          <ul>
            {items.map((one) => (
              <li key={one.id}>
                <button type="button" onClick={() => pick(one)}>
                  <b>{one.name}</b>
                  <span>{one.text ?? one.body}</span>
                </button>
              </li>
            ))}
          </ul>
        </div>
      }
    >
      <Button type="text" icon={<SnippetsOutlined />} aria-expanded={open}>
        {t('template.button')}
      </Button>
    </Popover>
  );
}
