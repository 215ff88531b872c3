import { Alert, Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { messageOf } from '../api/problem';

/** What happened and what to do, in place of what could not be shown. */
export function ErrorView({ error, text, onRetry }: { error?: unknown; text?: string; onRetry?: () => void }) {
  const { t } = useTranslation();
  return (
    <Alert
      className="error-view"
      type="error"
      showIcon
      title={text ?? messageOf(error)}
      action={
        onRetry && (
          <Button size="small" onClick={onRetry}>
            {t('action.try_again')}
          </Button>
        )
      }
    />
  );
}
