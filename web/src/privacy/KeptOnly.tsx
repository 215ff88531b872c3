import { Alert } from 'antd';
import { useTranslation } from 'react-i18next';
import { DayText } from '../kit/texts';
import { useConsents } from './api';

/** On top of a customer's page: his data are to be kept only, and what that means. */
export default function KeptOnly({ customerId }: { customerId: string }) {
  const { t } = useTranslation('privacy');
  const standing = useConsents(customerId).data?.standing;
  if (standing?.state !== 'restricted') return null;
  return (
    <Alert
      type="warning"
      showIcon
      style={{ marginBottom: 16 }}
      title={t('standing.restricted')}
      description={
        <>
          {t('standing.restricted_note')} · <DayText value={standing.since} />
        </>
      }
    />
  );
}
