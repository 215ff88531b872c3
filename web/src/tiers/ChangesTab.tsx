import { useTranslation } from 'react-i18next';
import { Changes } from './parts/Changes';
import { Panel } from './parts/Panel';

export default function ChangesTab() {
  const { t } = useTranslation('tiers');
  return (
    <Panel title={t('changes.title')} note={t('changes.note')} className="narrow">
      <Changes limit={50} all />
    </Panel>
  );
}
