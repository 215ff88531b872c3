import { Button, Result } from 'antd';
import { useTranslation } from 'react-i18next';
import { useRouteError } from 'react-router';

/** A page that failed to load or to draw: say so, offer the way out, keep the rest of the app alive. */
export function RouteError() {
  const { t } = useTranslation();
  const error = useRouteError();
  // After an update of the server the old chunks are gone; loading again fetches the new ones.
  const stale = error instanceof TypeError && /module|import/i.test(error.message);
  return (
    <Result
      status="warning"
      title={stale ? t('route_error.stale') : t('route_error.title')}
      subTitle={stale ? undefined : t('route_error.what_to_do')}
      extra={[
        <Button key="again" type="primary" onClick={() => location.reload()}>
          {t('action.reload')}
        </Button>,
        <Button key="home" href="/">
          {t('action.home')}
        </Button>,
      ]}
    />
  );
}
