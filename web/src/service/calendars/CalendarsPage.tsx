import { PlusOutlined } from '@ant-design/icons';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { App, Button, Segmented, Skeleton } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { post, remove } from '../../api/client';
import { messageOf } from '../../api/problem';
import { useCan } from '../../api/session';
import { Empty } from '../../kit/Empty';
import { ErrorView } from '../../kit/ErrorView';
import { PageHeader } from '../../kit/PageHeader';
import { calendarName, type StoredCalendar, useCalendars, useYear } from './api';
import { CalendarDialog } from './CalendarDialog';
import './calendars.css';
import { YearGlance } from './YearGlance';

/** The working calendars, each with its year at a glance. */
export default function CalendarsPage() {
  const { t } = useTranslation('calendars');
  const may = useCan()('manage_service');
  const found = useCalendars();
  const [chosen, choose] = useState<string>();
  const [editing, edit] = useState<StoredCalendar | 'new'>();
  const [year, setYear] = useState(() => new Date().getFullYear());
  const items = found.data?.items ?? [];
  const calendar = items.find((one) => one.id === chosen) ?? items[0];
  const add = may && (
    <Button icon={<PlusOutlined />} onClick={() => edit('new')}>
      {t('new')}
    </Button>
  );
  return (
    <div className="calendars">
      <PageHeader title={t('title')} note={t('note')} extra={add || undefined} />
      {found.isError && <ErrorView error={found.error} onRetry={() => found.refetch()} />}
      {found.isPending && <Skeleton active />}
      {found.data && items.length === 0 && <Empty title={t('none')} note={t('none_note')} action={add || undefined} />}
      {calendar && (
        <>
          <div className="calendars-bar">
            <Segmented
              aria-label={t('title')}
              value={calendar.id}
              onChange={choose}
              options={items.map((one) => ({ value: one.id, label: calendarName(one.spec.name) }))}
            />
            <span className="quiet">{calendar.spec.zone}</span>
            {may && <Acts calendar={calendar} year={year} onEdit={() => edit(calendar)} />}
          </div>
          <YearGlance calendar={calendar} year={year} onYear={(to) => setYear(Math.min(2100, Math.max(1970, to)))} />
        </>
      )}
      {editing && (
        <CalendarDialog
          calendar={editing === 'new' ? undefined : editing}
          year={year}
          onClose={(id) => {
            if (id) choose(id);
            edit(undefined);
          }}
        />
      )}
    </div>
  );
}

function Acts({ calendar, year, onEdit }: { calendar: StoredCalendar; year: number; onEdit: () => void }) {
  const { t } = useTranslation('calendars');
  const { message, modal } = App.useApp();
  const queries = useQueryClient();
  const known = useYear(calendar, year);
  const again = () => queries.invalidateQueries({ queryKey: ['service', 'calendars'] });
  const failed = (error: unknown) => void message.error(messageOf(error));
  const take = useMutation({
    mutationFn: () => post(`/calendars/${calendar.id}/exceptions/import`, { year }, { version: calendar.version }),
    onSuccess: () => {
      void message.success(t('saved_again'));
      void again();
    },
    onError: failed,
  });
  const drop = useMutation({
    mutationFn: () => remove(`/calendars/${calendar.id}`),
    onSuccess: () => void again(),
    onError: failed,
  });
  return (
    <>
      <Button type="primary" onClick={onEdit}>
        {t('common:action.edit')}
      </Button>
      {known.data?.official && !calendar.spec.always && (
        <Button
          loading={take.isPending}
          onClick={() =>
            void modal.confirm({
              title: t('import', { year }),
              content: t('import_note', { year }),
              okText: t('common:action.confirm'),
              cancelText: t('common:action.cancel'),
              onOk: () => take.mutateAsync().catch(() => undefined),
            })
          }
        >
          {t('import', { year })}
        </Button>
      )}
      <Button
        danger
        type="text"
        onClick={() =>
          void modal.confirm({
            title: t('delete', { name: calendarName(calendar.spec.name) }),
            okText: t('common:action.delete'),
            cancelText: t('common:action.cancel'),
            onOk: () => drop.mutateAsync().catch(() => undefined),
          })
        }
      >
        {t('common:action.delete')}
      </Button>
    </>
  );
}
