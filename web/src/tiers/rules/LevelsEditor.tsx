import { ArrowDownOutlined, ArrowUpOutlined, DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, ColorPicker } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { said } from '../../i18n';
import { LevelBadge } from '../../kit/level';
import { levelColours } from '../../shell/theme';
import { insertAbove, retireLevel } from '../model/ladder';
import { addLevel, type Level, MAX_LEVELS, moveLevel, newLevelId, setLevel } from '../model/rules';
import { Panel } from '../parts/Panel';
import type { PartProps } from './Editor';
import { NameInput } from './NameInput';
import { RetireLevel } from './RetireLevel';
import { RuleEditor } from './RuleEditor';
import { TestRows } from './TestRows';

/** The ladder: names, who enters each level, and what keeps a false VIP out. The highest stands on top. */
export function LevelsEditor({ rules, faults, disabled, onChange }: PartProps) {
  const { t } = useTranslation('tiers');
  const own = faults.at('levels');
  const [retiring, retire] = useState<Level>();
  const newId = () => newLevelId(Date.now(), crypto.getRandomValues(new Uint8Array(16)));
  const newName = () => ({ zh: t('rules.new_level', { lng: 'zh-CN' }), en: `Level ${rules.levels.length + 1}` });
  const newColour = () => levelColours[rules.levels.length % levelColours.length] ?? '#6b7280';
  const add = () => onChange(addLevel(rules, newId(), newName(), newColour()));
  return (
    <>
      <Button
        type="dashed"
        block
        icon={<PlusOutlined />}
        disabled={disabled || rules.levels.length >= MAX_LEVELS}
        onClick={add}
      >
        {t('rules.add_level')}
      </Button>
      {own && (
        <p className="fault" role="alert">
          {own}
        </p>
      )}
      {rules.levels
        .map((level, index) => ({ level, index }))
        .reverse()
        .map(({ level, index }) => {
          const path = `levels.${index}`;
          const label = said(level.name);
          const here = [faults.at(`${path}.entry`), faults.at(`${path}.colour`), faults.at(`${path}.rank`)];
          return (
            <Panel
              key={level.id}
              title={<LevelBadge name={label} rank={level.rank} colour={level.colour} />}
              extra={
                <>
                  <Button
                    type="text"
                    icon={<ArrowUpOutlined />}
                    aria-label={t('rules.move_up', { label })}
                    disabled={disabled || index === rules.levels.length - 1}
                    onClick={() => onChange(moveLevel(rules, level.id, 1))}
                  />
                  <Button
                    type="text"
                    icon={<ArrowDownOutlined />}
                    aria-label={t('rules.move_down', { label })}
                    disabled={disabled || index === 0}
                    onClick={() => onChange(moveLevel(rules, level.id, -1))}
                  />
                  <Button
                    type="text"
                    icon={<PlusOutlined />}
                    aria-label={t('rules.insert_above', { label })}
                    title={t('rules.insert_above', { label })}
                    disabled={disabled || rules.levels.length >= MAX_LEVELS}
                    onClick={() => onChange(insertAbove(rules, level.id, newId(), newName(), newColour()))}
                  />
                  <Button
                    type="text"
                    icon={<DeleteOutlined />}
                    aria-label={t('rules.remove_level', { label })}
                    disabled={disabled || rules.levels.length === 1}
                    onClick={() => retire(level)}
                  />
                </>
              }
            >
              <div className="level-face">
                <NameInput
                  name={level.name}
                  label={t('base.level')}
                  fault={faults.at(`${path}.name`)}
                  disabled={disabled}
                  onChange={(name) => onChange(setLevel(rules, level.id, { name }), true)}
                />
                <ColorPicker
                  value={level.colour}
                  disabled={disabled}
                  disabledAlpha
                  presets={[{ label: t('rules.colours'), colors: levelColours }]}
                  onChangeComplete={(colour) =>
                    onChange(setLevel(rules, level.id, { colour: colour.toHexString().slice(0, 7) }))
                  }
                >
                  <Button
                    className="colour-button"
                    disabled={disabled}
                    aria-label={t('rules.colour_of', { label })}
                    icon={<span style={{ background: level.colour }} />}
                  />
                </ColorPicker>
              </div>
              <h4>{t('rules.entry')}</h4>
              <RuleEditor
                rules={rules}
                rule={level.entry ?? {}}
                path={`${path}.entry`}
                faults={faults}
                label={label}
                disabled={disabled}
                onChange={(entry) => onChange(setLevel(rules, level.id, { entry }), true)}
              />
              {here
                .filter((text) => text !== undefined)
                .map((text) => (
                  <p className="fault" role="alert" key={text}>
                    {text}
                  </p>
                ))}
              <h4>{t('rules.guards')}</h4>
              <p className="quiet">{t('rules.guards_note')}</p>
              <TestRows
                rules={rules}
                tests={level.guards ?? []}
                path={`${path}.guards`}
                faults={faults}
                label={t('rules.guards_of', { label })}
                addText={t('rules.add_guard')}
                disabled={disabled}
                onChange={(guards) => onChange(setLevel(rules, level.id, { guards }), true)}
              />
            </Panel>
          );
        })}
      {retiring && (
        <RetireLevel
          rules={rules}
          level={retiring}
          onClose={() => retire(undefined)}
          onRetire={(into) => {
            onChange(retireLevel(rules, retiring.id, into));
            retire(undefined);
          }}
        />
      )}
    </>
  );
}
