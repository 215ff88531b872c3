import { CrownFilled, QuestionCircleOutlined } from '@ant-design/icons';
import { Button, Popover } from 'antd';
import type { CSSProperties, ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { levelColours } from '../shell/theme';

/** A level by name and rank: the crown and the name carry it, the colour only helps. */
export function LevelBadge({
  name,
  rank,
  colour,
}: {
  name?: string | null;
  rank?: number | null;
  colour?: string | null;
}) {
  const { t } = useTranslation('kit');
  if (!name || !rank) return <span className="level none">{t('level.none')}</span>;
  const own = colour || levelColours[Math.min(rank - 1, levelColours.length - 1)];
  return (
    <span className="level" style={{ '--level': own } as CSSProperties}>
      {rank > 1 && <CrownFilled aria-hidden />}
      {name}
    </span>
  );
}

/** A score 0–100 as number and bar. */
export function ScoreBar({ value, label }: { value: number | null | undefined; label?: string }) {
  if (value === null || value === undefined) return <span>–</span>;
  return (
    <span className="score">
      <span className="number">{value.toFixed(1)}</span>
      <span className="score-track" role="img" aria-label={`${label ? `${label} ` : ''}${value.toFixed(1)} / 100`}>
        <span style={{ width: `${Math.min(100, Math.max(0, value))}%` }} />
      </span>
    </span>
  );
}

/** The answer to "why?" beside a number. The content is drawn when it is asked for. */
export function Why({
  children,
  title,
  label,
}: {
  children: ReactNode | (() => ReactNode);
  title?: ReactNode;
  label?: string;
}) {
  const { t } = useTranslation('kit');
  return (
    <Popover
      trigger="click"
      title={title}
      content={<div className="why">{typeof children === 'function' ? children() : children}</div>}
      destroyOnHidden
    >
      <Button
        type="text"
        size="small"
        className="why-button"
        icon={<QuestionCircleOutlined />}
        aria-label={label ?? t('why')}
        onClick={(event) => event.stopPropagation()}
      />
    </Popover>
  );
}
