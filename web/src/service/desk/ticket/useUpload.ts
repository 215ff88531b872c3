import { useMutation, useQueryClient } from '@tanstack/react-query';
import { App } from 'antd';
import { useTranslation } from 'react-i18next';
import { post, url } from '../../../api/client';
import { messageOf } from '../../../api/problem';
import { keys } from '../api';
import type { TicketFile } from '../types';

export const FILE_MAX = 20 * 1024 * 1024;

export const filePath = (ticket: string, file: string) => url(`/tickets/${ticket}/files/${file}`);

/** Puts a file on a ticket. */
export function useUpload(ticket: string) {
  const { t } = useTranslation('desk');
  const { message } = App.useApp();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (file: File) => {
      if (file.size > FILE_MAX) throw new TooLarge(file.name);
      return post<TicketFile>(`/tickets/${ticket}/files`, undefined, { raw: file, query: { name: file.name } });
    },
    onSuccess: (_, file) => {
      void queries.invalidateQueries({ queryKey: keys.ticket(ticket) });
      void message.success(t('file.added', { name: file.name }));
    },
    onError: (error) =>
      void message.error(error instanceof TooLarge ? t('file.too_large', { name: error.file }) : messageOf(error)),
  });
}

class TooLarge extends Error {
  constructor(readonly file: string) {
    super(file);
  }
}
