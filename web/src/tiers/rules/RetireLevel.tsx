import { Modal, Radio } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { said } from '../../i18n';
import { count } from '../../kit/format';
import { Money } from '../../kit/texts';
import { useOverview } from '../api';
import type { Level, Rules } from '../model/rules';
import { useChosen } from '../useChosen';

/** Asks where the customers of a level go before it is taken away: how many they are stands first. */
export function RetireLevel({
  rules,
  level,
  onClose,
  onRetire,
}: {
  rules: Rules;
  level: Level;
  onClose: () => void;
  onRetire: (into: string | null) => void;
}) {
  const { t } = useTranslation('tiers');
  const { asked } = useChosen();
  const overview = useOverview(asked);
  const now = overview.data?.levels.find((each) => each.level_id === level.id);
  const below = [...rules.levels].filter((each) => each.rank < level.rank).sort((a, b) => b.rank - a.rank)[0];
  const [into, setInto] = useState<string | null>(below?.id ?? null);
  const label = said(level.name);
  return (
    <Modal
      open
      title={t('rules.retire_title', { label })}
      okText={t('rules.retire_ok')}
      okButtonProps={{ danger: true }}
      onOk={() => onRetire(into)}
      onCancel={onClose}
    >
      <p>
        {t('rules.retire_concerned', { n: count(now?.customers ?? 0) })}
        <Money value={now?.revenue ?? '0'} short />
      </p>
      <p>{t('rules.retire_where')}</p>
      <Radio.Group
        className="retire-choices"
        value={into ?? ''}
        onChange={(event) => setInto(event.target.value || null)}
        options={[
          { value: '', label: t('rules.retire_rules') },
          ...[...rules.levels]
            .filter((each) => each.id !== level.id)
            .sort((a, b) => b.rank - a.rank)
            .map((each) => ({ value: each.id, label: t('rules.retire_into', { name: said(each.name) }) })),
        ]}
      />
      <p className="quiet">{t('rules.retire_names')}</p>
    </Modal>
  );
}
