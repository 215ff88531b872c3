import { useMutation, useQueryClient } from '@tanstack/react-query';
import { App } from 'antd';
import { useNavigate } from 'react-router';
import { post } from '../../api/client';
import { messageOf } from '../../api/problem';
import { said } from '../../i18n';
import { outdated } from './api';
import { ticketPath } from './parts';

/** What `POST /tickets/next` answers. */
interface Claimed {
  ticket: { id: string } | null;
  /** Why this one, or why none. */
  why: { zh: string; en: string };
}

/** Takes the next ticket of the queue and opens it. */
export function useNext() {
  const { message } = App.useApp();
  const queries = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: () => post<Claimed>('/tickets/next'),
    onSuccess: ({ ticket, why }) => {
      outdated(queries);
      void message.info(said(why));
      if (ticket) navigate(ticketPath(ticket.id));
    },
    onError: (error) => void message.error(messageOf(error)),
  });
}
