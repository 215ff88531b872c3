import { useQueryClient } from '@tanstack/react-query';
import { App, Button, Skeleton } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { post } from '../../api/client';
import { messageOf } from '../../api/problem';
import { useCan } from '../../api/session';
import { said } from '../../i18n';
import { ErrorView } from '../../kit/ErrorView';
import { LevelBadge } from '../../kit/level';
import { useTemplates } from '../api';

/** The first choice: a ladder to begin with. It becomes a draft; nothing is in force before it is published. */
export function Templates({ onChosen }: { onChosen?: () => void }) {
  const { t } = useTranslation('tiers');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const templates = useTemplates();
  const may = useCan()('manage_tiering');
  const [making, setMaking] = useState<string>();
  if (templates.isPending) return <Skeleton active paragraph={{ rows: 8 }} />;
  if (templates.isError) return <ErrorView error={templates.error} onRetry={() => templates.refetch()} />;

  const choose = async (template: string) => {
    setMaking(template);
    try {
      await post('/tiering/programmes', { template });
      await queries.invalidateQueries({ queryKey: ['tiering'] });
      onChosen?.();
    } catch (error) {
      void message.error(messageOf(error));
    } finally {
      setMaking(undefined);
    }
  };
  return (
    <section className="templates">
      <h2>{t('templates.title')}</h2>
      <p className="quiet">{t('templates.note')}</p>
      <ul>
        {templates.data.map((template) => (
          <li key={template.id}>
            <h3>{said(template.name)}</h3>
            <p>{said(template.description)}</p>
            <ol>
              {template.levels.map((level, index) => (
                <li key={level.zh}>
                  <LevelBadge name={said(level)} rank={index + 1} />
                </li>
              ))}
            </ol>
            <Button
              type="primary"
              disabled={!may || (making !== undefined && making !== template.id)}
              loading={making === template.id}
              onClick={() => void choose(template.id)}
            >
              {t('templates.use')}
              <span className="visually-hidden">{said(template.name)}</span>
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}
