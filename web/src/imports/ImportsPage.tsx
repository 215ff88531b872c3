import { PlusOutlined } from '@ant-design/icons';
import { Button, Tag } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import { useCan } from '../api/session';
import { Empty } from '../kit/Empty';
import { count } from '../kit/format';
import { PageHeader } from '../kit/PageHeader';
import { QueryTable } from '../kit/QueryTable';
import { RelativeTime } from '../kit/texts';
import type { Import, State } from './api';

const colours: Partial<Record<State, string>> = {
  done: 'success',
  running: 'processing',
  undoing: 'processing',
  failed: 'error',
  cancelled: 'warning',
};

export function StateTag({ state }: { state: State }) {
  const { t } = useTranslation('imports');
  return <Tag color={colours[state]}>{t(`state.${state}`)}</Tag>;
}

const skipped = (row: Import) => Object.values(row.skipped ?? {}).reduce((sum, n) => sum + n, 0);

export default function ImportsPage() {
  const { t } = useTranslation('imports');
  const navigate = useNavigate();
  const can = useCan();
  const make = can('import_customers') && (
    <Link to="/customers/imports/new">
      <Button type="primary" icon={<PlusOutlined />}>
        {t('common:page.import_new')}
      </Button>
    </Link>
  );
  return (
    <>
      <PageHeader title={t('common:page.imports')} note={t('list.note')} extra={make} />
      <QueryTable<Import>
        name="imports"
        label={t('common:page.imports')}
        path="/imports"
        rowKey={(row) => row.id}
        onOpen={(row) => navigate(`/customers/imports/${row.id}`)}
        columns={[
          {
            key: 'file',
            title: t('list.file'),
            always: true,
            render: (row) => <Link to={`/customers/imports/${row.id}`}>{row.file_name}</Link>,
          },
          { key: 'state', title: t('list.state'), render: (row) => <StateTag state={row.state} /> },
          {
            key: 'rows',
            title: t('list.rows'),
            align: 'right',
            render: (row) => count(row.rows_total || row.rows_estimated),
          },
          { key: 'accepted', title: t('list.accepted'), align: 'right', render: (row) => count(row.accepted) },
          { key: 'skipped', title: t('list.skipped'), align: 'right', render: (row) => count(skipped(row)) },
          { key: 'when', title: t('list.when'), render: (row) => <RelativeTime value={row.created_at} /> },
        ]}
        card={(row) => (
          <Link to={`/customers/imports/${row.id}`}>
            <span className="card-line">
              <b>{row.file_name}</b>
              <StateTag state={row.state} />
            </span>
            <span className="card-line quiet">
              <span>{t('list.card', { rows: count(row.accepted), skipped: count(skipped(row)) })}</span>
              <RelativeTime value={row.created_at} />
            </span>
          </Link>
        )}
        empty={<Empty title={t('list.empty')} note={t('list.empty_note')} action={make} />}
      />
    </>
  );
}
