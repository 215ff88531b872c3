import { useMutation, useQueryClient } from '@tanstack/react-query';
import { App } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { post } from '../api/client';
import { messageOf } from '../api/problem';
import type { Schemas } from '../api/types';
import { count } from '../kit/format';

/** Takes a move between categories back, and names those who were left because somebody has moved them since. */
export function useUndoMove() {
  const { t } = useTranslation('customers');
  const { message, modal } = App.useApp();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => post<Schemas['UndoneMove']>(`/category-moves/${id}/undo`),
    onSuccess: (undone) => {
      void queries.invalidateQueries({ queryKey: ['categories'] });
      void queries.invalidateQueries({ queryKey: ['list', '/customers'] });
      void queries.invalidateQueries({ queryKey: ['customer'] });
      const back = t('category.went_back', { n: count(undone.back?.customers ?? 0) });
      if (undone.left === 0) {
        message.success(back);
        return;
      }
      modal.info({
        title: back,
        content: (
          <>
            <p>{t('category.left', { n: count(undone.left) })}</p>
            <p>
              {undone.left_customers.map((one) => (
                <Link key={one.customer_id} to={`/customers/${one.customer_id}`} className="left-name">
                  {one.name}
                </Link>
              ))}
              {undone.left > undone.left_customers.length && '…'}
            </p>
          </>
        ),
      });
    },
    onError: (error) => message.error(messageOf(error)),
  });
}
