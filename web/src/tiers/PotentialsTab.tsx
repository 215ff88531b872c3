import { useTranslation } from 'react-i18next';
import { useSession } from '../api/session';
import { BackTest } from './parts/BackTest';
import { Panel } from './parts/Panel';
import { PotentialList } from './parts/PotentialList';
import { useChosen } from './useChosen';

export default function PotentialsTab() {
  const { t } = useTranslation('tiers');
  const { asked } = useChosen();
  const { staff } = useSession();
  // A figure about everyone: those who look after their own customers have no use for it.
  const whole = ['administrator', 'operations_manager', 'analyst'].includes(staff.role);
  return (
    <div className="tiers-grid">
      <Panel title={t('potential.title')} note={t('potential.note')}>
        <PotentialList limit={50} programme={asked} all />
      </Panel>
      {whole && <BackTest programme={asked} />}
    </div>
  );
}
