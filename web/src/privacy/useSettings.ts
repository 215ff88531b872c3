import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { App } from 'antd';
import { useTranslation } from 'react-i18next';
import { get, put } from '../api/client';
import type { Settings } from './api';

/** The settings of privacy, and their saving on the version that was read. */
export function useSettings() {
  const { t } = useTranslation('privacy');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const stored = useQuery({
    queryKey: ['privacy', 'settings'],
    queryFn: ({ signal }) => get<Settings>('/privacy/settings', undefined, signal),
  });
  const save = useMutation({
    mutationFn: (settings: Settings) => put<Settings>('/privacy/settings', settings, { version: settings.version }),
    onSuccess: (saved) => {
      queries.setQueryData(['privacy', 'settings'], saved);
      void message.success(t('common:saved'));
    },
  });
  return { stored, save };
}
