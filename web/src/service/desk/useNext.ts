import { useMutation, useQueryClient } from '@tanstack/react-query';
import { App } from 'antd';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { post } from '../../api/client';
import { messageOf } from '../../api/problem';
import { outdated } from './api';
import { ticketPath } from './parts';

/** What `POST /tickets/next` answers. */
interface Claimed {
  ticket_id?: string | null;
}

/** Takes the next ticket of the queue and opens it. */
export function useNext() {
  const { t } = useTranslation('desk');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: () => post<Claimed | undefined>('/tickets/next'),
    onSuccess: (claimed) => {
      outdated(queries);
      if (claimed?.ticket_id) navigate(ticketPath(claimed.ticket_id));
      else void message.info(t('next.none'));
    },
    onError: (error) => void message.error(messageOf(error)),
  });
}
