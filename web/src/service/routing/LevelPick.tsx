import { Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { useLevels } from '../../kit/useLevels';

/** The name of a rank: that of its level, or its number where there is no such level. */
export function useRankName(): (rank: number) => string {
  const { t } = useTranslation('kit');
  const { byRank } = useLevels();
  return (rank) => (rank === 0 ? t('level.none') : (byRank.get(rank)?.name ?? String(rank)));
}

function useOptions() {
  const { t } = useTranslation('kit');
  const { levels } = useLevels();
  return [
    ...[...levels].reverse().map((level) => ({ value: level.rank, label: level.name })),
    { value: 0, label: t('level.none') },
  ];
}

interface Many {
  value?: number[] | null;
  onChange?: (ranks: number[] | null) => void;
  id?: string;
}

/** Some levels; none chosen is any. */
export function LevelsPick({ value, onChange, id }: Many) {
  const { t } = useTranslation('routing');
  return (
    <Select
      id={id}
      mode="multiple"
      allowClear
      value={value ?? []}
      placeholder={t('any_level')}
      options={useOptions()}
      onChange={(ranks: number[]) => onChange?.(ranks.length > 0 ? ranks : null)}
    />
  );
}

interface One {
  value?: number;
  onChange?: (rank: number) => void;
  id?: string;
  label?: string;
}

export function LevelPick({ value, onChange, id, label }: One) {
  return <Select id={id} aria-label={label} value={value} options={useOptions()} onChange={onChange} />;
}
