import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Faults } from '../model/faults';
import { COMPARISONS, factsOf, type Rules, type Test, unitOfFact } from '../model/rules';
import { sayComparison, sayFact } from '../model/say';
import { useVoice } from '../useVoice';
import { UnitInput } from './UnitInput';

interface Props {
  rules: Rules;
  tests: Test[];
  path: string;
  faults: Faults;
  label: string;
  addText: string;
  disabled?: boolean | undefined;
  /** The last condition may be taken away too. */
  onChange: (tests: Test[]) => void;
}

/** Conditions, one a line: a fact, how it is compared, the threshold. */
export function TestRows({ rules, tests, path, faults, label, addText, disabled, onChange }: Props) {
  const voice = useVoice();
  const { t } = useTranslation('tiers');
  const facts = factsOf(rules);
  const set = (index: number, change: Partial<Test>) =>
    onChange(tests.map((test, i) => (i === index ? { ...test, ...change } : test)));
  const add = () => {
    const unused = facts.find((fact) => !tests.some((test) => test.fact === fact));
    onChange([...tests, { fact: unused ?? 'score', is: 'at_least', value: 0 }]);
  };
  return (
    <div className="tests">
      {tests.map((test, index) => {
        const at = `${path}.${index}`;
        const wrong = faults.within(at);
        const n = index + 1;
        return (
          <fieldset key={`test-${index}`} className="test-row" aria-label={t('rules.condition_of', { label, n })}>
            <Select
              value={test.fact}
              disabled={disabled}
              status={faults.at(`${at}.fact`) ? 'error' : undefined}
              aria-label={t('rules.fact_of', { label, n })}
              showSearch={{ optionFilterProp: 'label' }}
              options={[...new Set([test.fact, ...facts])].map((fact) => ({
                value: fact,
                label: sayFact(voice, rules, fact),
              }))}
              onChange={(fact) =>
                set(index, unitOfFact(rules, fact) === unitOfFact(rules, test.fact) ? { fact } : { fact, value: 0 })
              }
            />
            <Select
              value={test.is}
              disabled={disabled}
              aria-label={t('rules.is_of', { label, n })}
              options={COMPARISONS.map((is) => ({ value: is, label: sayComparison(voice, is) }))}
              onChange={(is) => set(index, { is })}
            />
            <UnitInput
              unit={unitOfFact(rules, test.fact)}
              value={test.value}
              disabled={disabled}
              status={faults.at(`${at}.value`) ? 'error' : undefined}
              label={t('rules.threshold_of', { label, n })}
              onChange={(value) => set(index, { value })}
            />
            <Button
              type="text"
              icon={<DeleteOutlined />}
              disabled={disabled}
              aria-label={t('rules.remove_condition', { label, n })}
              onClick={() => onChange(tests.filter((_, i) => i !== index))}
            />
            {wrong.map((message) => (
              <p className="fault" role="alert" key={message}>
                {message}
              </p>
            ))}
          </fieldset>
        );
      })}
      <Button type="link" size="small" icon={<PlusOutlined />} disabled={disabled || tests.length >= 20} onClick={add}>
        {addText}
      </Button>
    </div>
  );
}
