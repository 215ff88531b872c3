import { useTranslation } from 'react-i18next';
import { PageHeader } from '../kit/PageHeader';

export default function CustomersPage() {
  const { t } = useTranslation();
  return <PageHeader title={t('page.customers')} />;
}
