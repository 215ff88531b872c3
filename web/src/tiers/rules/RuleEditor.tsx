import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Faults } from '../model/faults';
import type { Need, Rule, Rules } from '../model/rules';
import { TestRows } from './TestRows';

interface Props {
  rules: Rules;
  rule: Rule;
  path: string;
  faults: Faults;
  label: string;
  disabled?: boolean | undefined;
  /** Groups of conditions go one deep: more can't be read by anyone. */
  inner?: boolean;
  onChange: (rule: Rule) => void;
}

/** How many of the conditions must hold, the conditions, and groups of conditions. */
export function RuleEditor({ rules, rule, path, faults, label, disabled, inner, onChange }: Props) {
  const { t } = useTranslation('tiers');
  const tests = rule.tests ?? [];
  const groups = rule.groups ?? [];
  const parts = tests.length + groups.length;
  const need = rule.need ?? 'all';
  const tidy = (next: Rule): Rule => {
    const count = (next.tests?.length ?? 0) + (next.groups?.length ?? 0);
    const wanted = next.need ?? 'all';
    const fits: Need = wanted === 'all' || count === 0 ? 'all' : { any: Math.min(wanted.any, count) };
    const { groups: inside, ...rest } = next;
    return inside?.length ? { ...rest, groups: inside, need: fits } : { ...rest, need: fits };
  };
  const change = (part: Partial<Rule>) => onChange(tidy({ ...rule, ...part }));
  return (
    <div className={inner ? 'rule inner' : 'rule'}>
      {parts > 1 && (
        <Select
          className="rule-need"
          size="small"
          disabled={disabled}
          value={need === 'all' ? 'all' : String(need.any)}
          aria-label={t('rules.need_of', { label })}
          options={[
            { value: 'all', label: t('rules.need_all') },
            ...Array.from({ length: parts - 1 }, (_, i) => ({
              value: String(i + 1),
              label: t('rules.need_any', { n: i + 1 }),
            })),
          ]}
          onChange={(value) => change({ need: value === 'all' ? 'all' : { any: Number(value) } })}
        />
      )}
      {parts === 0 && <p className="quiet">{t('rule.everyone')}</p>}
      <TestRows
        rules={rules}
        tests={tests}
        path={`${path}.tests`}
        faults={faults}
        label={label}
        addText={t('rules.add_condition')}
        disabled={disabled}
        onChange={(next) => change({ tests: next })}
      />
      {groups.map((group, index) => (
        <div key={`group-${index}`} className="rule-group">
          <div className="rule-group-head">
            <span>{t('rules.group', { n: index + 1 })}</span>
            <Button
              type="text"
              size="small"
              icon={<DeleteOutlined />}
              disabled={disabled}
              aria-label={t('rules.remove_group', { n: index + 1 })}
              onClick={() => change({ groups: groups.filter((_, i) => i !== index) })}
            />
          </div>
          <RuleEditor
            inner
            rules={rules}
            rule={group}
            path={`${path}.groups.${index}`}
            faults={faults}
            label={`${label} ${t('rules.group', { n: index + 1 })}`}
            disabled={disabled}
            onChange={(next) => change({ groups: groups.map((each, i) => (i === index ? next : each)) })}
          />
        </div>
      ))}
      {!inner && (
        <Button
          type="link"
          size="small"
          icon={<PlusOutlined />}
          disabled={disabled || groups.length >= 5}
          onClick={() =>
            change({ groups: [...groups, { need: 'all', tests: [{ fact: 'score', is: 'at_least', value: 80 }] }] })
          }
        >
          {t('rules.add_group')}
        </Button>
      )}
    </div>
  );
}
