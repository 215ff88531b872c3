import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Input, Skeleton } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get, put } from '../api/client';
import { messageOf } from '../api/problem';
import type { WebhookSettings } from './api';

/** The ranges of the inside that may be called. */
export function Inside() {
  const { t } = useTranslation('hooks');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const stored = useQuery({
    queryKey: ['webhook-settings'],
    queryFn: ({ signal }) => get<WebhookSettings>('/webhook-settings', undefined, signal),
  });
  const [draft, edit] = useState<string>();
  const save = useMutation({
    mutationFn: (lines: string) =>
      put<WebhookSettings>(
        '/webhook-settings',
        { allowed_networks: lines.split(/[\s,，]+/).filter(Boolean) },
        { version: stored.data?.version },
      ),
    onSuccess: (saved) => {
      queries.setQueryData(['webhook-settings'], saved);
      edit(undefined);
      void message.success(t('common:saved'));
    },
  });
  if (!stored.data) return <Skeleton active />;
  const text = draft ?? stored.data.allowed_networks.join('\n');
  return (
    <section className="panel">
      <h2>{t('inside')}</h2>
      <p className="quiet">{t('inside_note')}</p>
      {save.isError && <Alert type="error" showIcon title={messageOf(save.error)} className="wh-gap" />}
      <Input.TextArea
        value={text}
        aria-label={t('inside')}
        placeholder={'10.1.2.0/24\n10.1.3.15'}
        autoSize={{ minRows: 2, maxRows: 8 }}
        onChange={(event) => edit(event.target.value)}
      />
      <div className="wh-deeds">
        <Button
          type="primary"
          disabled={draft === undefined}
          loading={save.isPending}
          onClick={() => save.mutate(text)}
        >
          {t('common:action.save')}
        </Button>
      </div>
    </section>
  );
}
