import { useQuery } from '@tanstack/react-query';
import { Button, Skeleton } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get } from '../../api/client';
import { useCan } from '../../api/session';
import { Empty } from '../../kit/Empty';
import { ErrorView } from '../../kit/ErrorView';
import { count } from '../../kit/format';
import { PageHeader } from '../../kit/PageHeader';
import { useUrlState } from '../../kit/useUrlState';
import '../voices/voices.css';
import { type Improvement, STATES } from './api';
import { ImprovementDialog } from './ImprovementDialog';
import { ImprovementDrawer } from './ImprovementDrawer';

/** The board: what customers asked for, from collected to done. */
export default function ImprovementsPage() {
  const { t } = useTranslation('improvements');
  const may = useCan()('work_tickets');
  const [state, change] = useUrlState();
  const [adding, add] = useState(false);
  const found = useQuery({
    queryKey: ['service', 'improvements'],
    queryFn: ({ signal }) => get<{ items: Improvement[] }>('/improvements', undefined, signal),
  });
  const items = found.data?.items ?? [];
  const make = may && (
    <Button type="primary" onClick={() => add(true)}>
      {t('new')}
    </Button>
  );
  return (
    <div>
      <PageHeader title={t('title')} note={t('note')} extra={make || undefined} />
      {found.isError && <ErrorView error={found.error} onRetry={() => found.refetch()} />}
      {found.isPending && <Skeleton active />}
      {found.data && items.length === 0 && <Empty title={t('none')} note={t('none_note')} action={make || undefined} />}
      {items.length > 0 && (
        <div className="board">
          {STATES.map((column) => (
            <section key={column} className="board-column" aria-label={t(`state.${column}`)}>
              <h2>
                {t(`state.${column}`)} {items.filter((one) => one.state === column).length}
              </h2>
              {items
                .filter((one) => one.state === column)
                .map((one) => (
                  <button key={one.id} type="button" className="board-card" onClick={() => change({ open: one.id })}>
                    <div>{one.title}</div>
                    <div className="quiet-words">
                      {t('tickets', { n: count(one.tickets), count: one.tickets })}
                      {one.told > 0 && ` · ${t('told', { n: count(one.told) })}`}
                    </div>
                  </button>
                ))}
            </section>
          ))}
        </div>
      )}
      {state.open && <ImprovementDrawer id={state.open} onClose={() => change({ open: null })} />}
      {adding && (
        <ImprovementDialog
          onClose={(id) => {
            add(false);
            if (id) change({ open: id });
          }}
        />
      )}
    </div>
  );
}
