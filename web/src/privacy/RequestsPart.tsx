import { Segmented, Tag } from 'antd';
import { useTranslation } from 'react-i18next';
import { Empty } from '../kit/Empty';
import { QueryTable } from '../kit/QueryTable';
import { DayText, RelativeTime } from '../kit/texts';
import { useUrlState } from '../kit/useUrlState';
import { called, type Request } from './api';
import { RequestDrawer } from './RequestDrawer';

const shows = ['open', 'overdue', 'done', 'refused', 'all'] as const;

/** The register: open requests by their due time. */
export function RequestsPart() {
  const { t } = useTranslation('privacy');
  const [state, change] = useUrlState();
  const show = shows.find((one) => one === state.show) ?? 'open';
  const query = show === 'all' ? {} : show === 'overdue' ? { state: 'open', overdue: true } : { state: show };
  return (
    <>
      <QueryTable<Request>
        name="privacy-requests"
        label={t('part.requests')}
        path="/privacy/requests"
        query={query}
        rowKey={(row) => row.id}
        onOpen={(row) => change({ request: row.id })}
        toolbar={
          <div className="pv-scroll">
            <Segmented
              value={show}
              onChange={(to) => change({ show: to === 'open' ? null : to })}
              options={shows.map((value) => ({ value, label: t(`show.${value}`) }))}
            />
          </div>
        }
        empty={<Empty title={t(`empty.${show === 'open' ? 'open' : 'other'}`)} note={t('empty.note')} />}
        columns={[
          { key: 'number', title: t('column.number'), always: true, width: 96, render: (row) => called(row.number) },
          { key: 'customer', title: t('column.customer'), always: true, render: (row) => row.customer_name },
          { key: 'kind', title: t('column.kind'), always: true, render: (row) => t(`kind.${row.kind}`) },
          { key: 'received', title: t('column.received'), render: (row) => <DayText value={row.received_at} /> },
          { key: 'due', title: t('column.due'), render: (row) => <DueText request={row} /> },
          { key: 'state', title: t('column.state'), render: (row) => <StateTag request={row} /> },
        ]}
        card={(row) => (
          <div className="pv-card">
            <div>
              <b>{row.customer_name}</b> <StateTag request={row} />
            </div>
            <span>
              {called(row.number)} · {t(`kind.${row.kind}`)}
            </span>
            <span className="quiet">
              {t('column.due')} <DueText request={row} />
            </span>
          </div>
        )}
      />
      {state.request && <RequestDrawer id={state.request} onClose={() => change({ request: null })} />}
    </>
  );
}

export function DueText({ request }: { request: Request }) {
  if (request.state !== 'open') return <DayText value={request.due_at} />;
  return (
    <>
      <DayText value={request.due_at} />{' '}
      <span className="quiet">
        (<RelativeTime value={request.due_at} />)
      </span>
    </>
  );
}

export function StateTag({ request }: { request: Request }) {
  const { t } = useTranslation('privacy');
  const late = request.state === 'open' && new Date(request.due_at).getTime() < Date.now();
  if (late) return <Tag color="error">{t('late')}</Tag>;
  const colour = { open: 'processing', done: 'success', refused: 'warning', withdrawn: 'default' }[request.state];
  return <Tag color={colour}>{t(`state.${request.state}`)}</Tag>;
}
