import { LockOutlined, UnlockOutlined } from '@ant-design/icons';
import { Button, InputNumber, Slider, Tooltip } from 'antd';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ceiling, movable, moveWeight } from '../model/weights';

export interface NamedWeight {
  id: string;
  name: string;
  weight: number;
  /** Told beside the name: nothing is known for it yet, so its weight goes to the others. */
  silent?: boolean;
}

interface Props {
  weights: NamedWeight[];
  /** `continues`: part of the same drag as the change before. */
  onChange: (weights: NamedWeight[], continues: boolean) => void;
  disabled?: boolean;
}

/** Sliders that keep adding up to 100. A locked one stands still while the others give and take. */
export function Weights({ weights, onChange, disabled }: Props) {
  const { t } = useTranslation('tiers');
  const [locked, setLocked] = useState<ReadonlySet<string>>(new Set());
  // The weights at the start of a drag: proportions survive a slider that goes to 100 and back.
  const start = useRef<{ id: string; weights: NamedWeight[] }>(undefined);

  const drag = (id: string, value: number) => {
    const continues = start.current?.id === id;
    if (!continues) start.current = { id, weights };
    onChange(moveWeight(start.current?.weights ?? weights, id, value, locked), continues);
  };
  const type = (id: string, value: number | null) => {
    start.current = undefined;
    if (value !== null) onChange(moveWeight(weights, id, value, locked), false);
  };
  const lock = (id: string) =>
    setLocked((now) => {
      const next = new Set(now);
      if (!next.delete(id)) next.add(id);
      return next;
    });

  return (
    <ul className="weights">
      {weights.map((each) => {
        const held = locked.has(each.id);
        const still = disabled || !movable(weights, each.id, locked);
        return (
          <li key={each.id}>
            <span className="weight-name" id={`weight-${each.id}`}>
              {each.name}
              {each.silent && (
                <Tooltip title={t('rules.silent_note')}>
                  <em>{t('rules.silent')}</em>
                </Tooltip>
              )}
            </span>
            <Slider
              min={0}
              max={100}
              value={each.weight}
              disabled={still}
              onChange={(value) => drag(each.id, value)}
              onChangeComplete={() => {
                start.current = undefined;
              }}
              ariaLabelForHandle={t('rules.weight_of', { name: each.name })}
              tooltip={{ formatter: (value) => `${value}%` }}
            />
            <InputNumber
              min={0}
              max={ceiling(weights, each.id, locked)}
              precision={0}
              value={each.weight}
              disabled={still}
              onChange={(value) => type(each.id, value)}
              suffix="%"
              controls={false}
              aria-label={t('rules.weight_of', { name: each.name })}
            />
            <Tooltip title={t(held ? 'rules.unlock' : 'rules.lock')}>
              <Button
                type="text"
                disabled={disabled}
                icon={held ? <LockOutlined /> : <UnlockOutlined />}
                aria-label={t(held ? 'rules.unlock_of' : 'rules.lock_of', { name: each.name })}
                aria-pressed={held}
                onClick={() => lock(each.id)}
              />
            </Tooltip>
          </li>
        );
      })}
    </ul>
  );
}
