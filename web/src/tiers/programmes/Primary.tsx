import { useQuery, useQueryClient } from '@tanstack/react-query';
import { App, Modal, Skeleton } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get, post } from '../../api/client';
import { messageOf } from '../../api/problem';
import { said } from '../../i18n';
import { ErrorView } from '../../kit/ErrorView';
import { count } from '../../kit/format';
import { LevelBadge } from '../../kit/level';
import type { ProgrammeLine } from '../api';
import type { LevelFace } from '../explain';

interface Preview {
  from: LevelFace[];
  to: LevelFace[];
  items: { from_rank: number; to_rank: number; customers: number; revenue: string }[];
  as_of: string | null;
}

/** What lists would show if this programme were the primary one; and makes it that. */
export function Primary({ programme, onClose }: { programme: ProgrammeLine; onClose: () => void }) {
  const { t } = useTranslation('tiers');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [working, setWorking] = useState(false);
  const preview = useQuery({
    queryKey: ['tiering', 'primary-preview', programme.id],
    queryFn: ({ signal }) => get<Preview>(`/tiering/programmes/${programme.id}/primary`, undefined, signal),
  });
  const choose = async () => {
    setWorking(true);
    try {
      await post(`/tiering/programmes/${programme.id}/primary`);
      await queries.invalidateQueries();
      void message.success(t('programme.primary_done'));
      onClose();
    } catch (error) {
      void message.error(messageOf(error));
    } finally {
      setWorking(false);
    }
  };
  const face = (levels: LevelFace[], rank: number) => {
    const level = levels.find((each) => each.rank === rank);
    return level ? (
      <LevelBadge name={said(level.name)} rank={rank} colour={level.colour} />
    ) : (
      <span className="quiet">{t('base.none')}</span>
    );
  };
  return (
    <Modal
      open
      width={560}
      title={t('programme.primary_title', { name: said(programme.name) })}
      okText={t('programme.make_primary')}
      okButtonProps={{ loading: working, disabled: !preview.data }}
      onOk={() => void choose()}
      onCancel={onClose}
    >
      <p>{t('programme.primary_note')}</p>
      {preview.isError && <ErrorView error={preview.error} onRetry={() => preview.refetch()} />}
      {preview.isPending && <Skeleton active />}
      {preview.data && (
        <table className="effect-table">
          <thead>
            <tr>
              <th scope="col">{t('programme.now')}</th>
              <th scope="col">{t('programme.then')}</th>
              <th scope="col" className="right">
                {t('base.customers')}
              </th>
            </tr>
          </thead>
          <tbody>
            {preview.data.items.map((row) => (
              <tr key={`${row.from_rank} ${row.to_rank}`}>
                <td>{face(preview.data.from, row.from_rank)}</td>
                <td>{face(preview.data.to, row.to_rank)}</td>
                <td className="right number">{count(row.customers)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Modal>
  );
}
