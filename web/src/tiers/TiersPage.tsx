import { useTranslation } from 'react-i18next';
import { PageHeader } from '../kit/PageHeader';

export default function TiersPage() {
  const { t } = useTranslation();
  return <PageHeader title={t('room.tiers')} />;
}
