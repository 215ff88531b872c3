import { useTranslation } from 'react-i18next';
import { Panel } from './parts/Panel';
import { PotentialList } from './parts/PotentialList';

export default function PotentialsTab() {
  const { t } = useTranslation('tiers');
  return (
    <Panel title={t('potential.title')} note={t('potential.note')} className="narrow">
      <PotentialList limit={50} />
    </Panel>
  );
}
