import { CopyOutlined } from '@ant-design/icons';
import { Alert, App, Button } from 'antd';
import { useTranslation } from 'react-i18next';

/** A secret on its one showing. */
export function Secret({ value, note }: { value: string; note: string }) {
  const { t } = useTranslation('settings');
  const { message } = App.useApp();
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(value);
      message.success(t('common:copied'));
    } catch {
      message.info(t('secret.by_hand'));
    }
  };
  return (
    <>
      <Alert type="warning" showIcon title={t('secret.once')} description={note} />
      <div className="secret">
        <code>{value}</code>
        <Button icon={<CopyOutlined />} onClick={copy}>
          {t('common:action.copy')}
        </Button>
      </div>
    </>
  );
}
