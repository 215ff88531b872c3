import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, DatePicker, Input, InputNumber, Select } from 'antd';
import dayjs from 'dayjs';
import { useTranslation } from 'react-i18next';
import { said } from '../i18n';
import {
  type Aggregate,
  type Catalogue,
  type FieldType,
  type Group,
  isGroup,
  type Join,
  type Op,
  operand,
  operatorsOf,
  type Part,
  type Test,
  testOf,
  typeOf,
  withOp,
} from './condition';

export interface Options {
  /** Choices by what the field holds: tags, levels, segments; of ids by their prefix (`stf`, `dep`). */
  tags: { value: string; label: string }[];
  value_classes: { value: string; label: string }[];
  levels: { value: number; label: string }[];
  segments: { value: string; label: string }[];
  ids: Record<string, { value: string; label: string }[]>;
}

interface Props {
  value: Group;
  onChange: (group: Group) => void;
  catalogue: Catalogue;
  options: Options;
  depth?: number;
  onRemove?: () => void;
}

/** A group of tests, joined by all, any or none; groups stand inside groups. */
export function ConditionEditor({ value, onChange, catalogue, options, depth = 0, onRemove }: Props) {
  const { t } = useTranslation('kit');
  const change = (index: number, part: Part | undefined) =>
    onChange({
      ...value,
      parts: part
        ? value.parts.map((old, at) => (at === index ? part : old))
        : value.parts.filter((_, at) => at !== index),
    });
  const first = catalogue.fields[0]?.id ?? '';
  return (
    <fieldset className={`condition depth-${Math.min(depth, 2)}`}>
      <legend className="visually-hidden">{t('condition.group')}</legend>
      <div className="condition-head">
        <Select<Join>
          value={value.join}
          onChange={(join) => onChange({ ...value, join })}
          aria-label={t('condition.join')}
          options={(['all', 'any', 'none'] as const).map((join) => ({ value: join, label: t(`condition.${join}`) }))}
          popupMatchSelectWidth={false}
        />
        {onRemove && (
          <Button type="text" icon={<DeleteOutlined />} aria-label={t('condition.remove_group')} onClick={onRemove} />
        )}
      </div>
      {value.parts.map((part, index) =>
        isGroup(part) ? (
          <ConditionEditor
            key={index}
            value={part}
            onChange={(group) => change(index, group)}
            catalogue={catalogue}
            options={options}
            depth={depth + 1}
            onRemove={() => change(index, undefined)}
          />
        ) : (
          <TestRow
            key={index}
            test={part}
            onChange={(test) => change(index, test)}
            catalogue={catalogue}
            options={options}
          />
        ),
      )}
      <div className="condition-foot">
        <Button
          type="link"
          size="small"
          icon={<PlusOutlined />}
          onClick={() => onChange({ ...value, parts: [...value.parts, testOf(first, catalogue)] })}
        >
          {t('condition.add')}
        </Button>
        {depth < 3 && (
          <Button
            type="link"
            size="small"
            icon={<PlusOutlined />}
            onClick={() =>
              onChange({ ...value, parts: [...value.parts, { join: 'any', parts: [testOf(first, catalogue)] }] })
            }
          >
            {t('condition.add_group')}
          </Button>
        )}
      </div>
    </fieldset>
  );
}

const windows = [7, 30, 90, 180, 365, 730];

function TestRow({
  test,
  onChange,
  catalogue,
  options,
}: {
  test: Test;
  onChange: (test: Test | undefined) => void;
  catalogue: Catalogue;
  options: Options;
}) {
  const { t } = useTranslation('kit');
  const type = typeOf(test, catalogue);
  const measure = catalogue.measures.find((one) => one.id === test.measure);
  const id = test.measure ? `measure:${test.measure}` : test.field;
  return (
    <div className="condition-test">
      <Select
        className="condition-subject"
        value={id}
        aria-label={t('condition.subject')}
        showSearch={{ optionFilterProp: 'label' }}
        onChange={(next) => onChange(testOf(next, catalogue))}
        popupMatchSelectWidth={false}
        options={[
          {
            label: t('condition.fields'),
            options: catalogue.fields.map((field) => ({ value: field.id, label: said(field.label) })),
          },
          {
            label: t('condition.behaviour'),
            options: catalogue.measures.map((one) => ({ value: `measure:${one.id}`, label: said(one.label) })),
          },
        ]}
      />
      {measure && (
        <>
          <Select
            value={test.window_days ?? 0}
            aria-label={t('condition.window')}
            popupMatchSelectWidth={false}
            onChange={(days) => onChange({ ...test, window_days: days || null })}
            options={[
              ...[...new Set([...windows, test.window_days ?? 365])]
                .sort((a, b) => a - b)
                .map((days) => ({ value: days, label: t('condition.last_days', { n: days }) })),
              { value: 0, label: t('condition.ever') },
            ]}
          />
          {measure.aggregates.length > 1 && (
            <Select<Aggregate>
              value={test.aggregate ?? measure.aggregates[0]}
              aria-label={t('condition.aggregate')}
              popupMatchSelectWidth={false}
              onChange={(aggregate) => onChange({ ...test, aggregate, value: undefined })}
              options={measure.aggregates.map((one) => ({ value: one, label: t(`condition.aggregates.${one}`) }))}
            />
          )}
        </>
      )}
      {type !== 'bool' && (
        <Select<Op>
          value={test.op}
          aria-label={t('condition.op')}
          popupMatchSelectWidth={false}
          onChange={(op) => onChange(withOp(test, op))}
          options={operatorsOf(test, catalogue).map((op) => ({
            value: op,
            label:
              type === 'day' && (op === 'gte' || op === 'lte')
                ? t(`condition.day_ops.${op}`)
                : t(`condition.ops.${op}`),
          }))}
        />
      )}
      {type && <Value test={test} type={type} onChange={onChange} catalogue={catalogue} options={options} />}
      <Button
        type="text"
        icon={<DeleteOutlined />}
        aria-label={t('condition.remove')}
        onClick={() => onChange(undefined)}
      />
    </div>
  );
}

function Value({
  test,
  type,
  onChange,
  catalogue,
  options,
}: {
  test: Test;
  type: FieldType;
  onChange: (test: Test) => void;
  catalogue: Catalogue;
  options: Options;
}) {
  const { t } = useTranslation('kit');
  const label = t('condition.value');
  const set = (value: unknown) => onChange({ ...test, value });
  const field = catalogue.fields.find((one) => one.id === test.field);
  switch (operand(test.op)) {
    case 'nothing':
      return null;
    case 'days':
      return (
        <InputNumber
          value={test.value as number | undefined}
          onChange={set}
          min={0}
          max={36500}
          precision={0}
          suffix={t('condition.days')}
          aria-label={label}
          className="condition-value"
        />
      );
    case 'range': {
      const [from, to] = (Array.isArray(test.value) ? test.value : []) as [unknown?, unknown?];
      return (
        <span className="condition-range">
          <Single type={type} value={from} onChange={(value) => set([value, to])} label={t('filter.from')} />
          <span aria-hidden>–</span>
          <Single type={type} value={to} onChange={(value) => set([from, value])} label={t('filter.to')} />
        </span>
      );
    }
    case 'many': {
      const choices: { value: string | number; label: string }[] =
        type === 'tags'
          ? test.field === 'value_classes'
            ? options.value_classes
            : options.tags
          : type === 'level'
            ? options.levels
            : type === 'segment'
              ? options.segments
              : type === 'id'
                ? (options.ids[field?.prefix ?? ''] ?? [])
                : (field?.choices ?? []).map((choice) => ({ value: choice.value, label: said(choice.label) }));
      return (
        <Select
          className="condition-value wide"
          mode={type === 'text' ? 'tags' : 'multiple'}
          value={(Array.isArray(test.value) ? test.value : []) as (string | number)[]}
          onChange={set}
          options={choices}
          showSearch={{ optionFilterProp: 'label' }}
          aria-label={label}
          placeholder={t('condition.choose')}
          maxTagCount="responsive"
        />
      );
    }
    default:
      if (type === 'bool') {
        return (
          <Select
            value={test.value as boolean}
            onChange={set}
            aria-label={label}
            options={[
              { value: true, label: t('common:yes') },
              { value: false, label: t('common:no') },
            ]}
          />
        );
      }
      if (type === 'choice' || type === 'level') {
        const choices =
          type === 'level'
            ? options.levels
            : (field?.choices ?? []).map((choice) => ({ value: choice.value, label: said(choice.label) }));
        return (
          <Select
            className="condition-value"
            value={test.value as string | number | undefined}
            onChange={set}
            options={choices as { value: string | number; label: string }[]}
            aria-label={label}
            placeholder={t('condition.choose')}
          />
        );
      }
      return <Single type={type} value={test.value} onChange={set} label={label} />;
  }
}

function Single({
  type,
  value,
  onChange,
  label,
}: {
  type: FieldType;
  value: unknown;
  onChange: (value: unknown) => void;
  label: string;
}) {
  if (type === 'day') {
    return (
      <DatePicker
        className="condition-value"
        aria-label={label}
        value={typeof value === 'string' && value ? dayjs(value) : null}
        onChange={(day) => onChange(day?.format('YYYY-MM-DD'))}
      />
    );
  }
  if (type === 'money') {
    return (
      <InputNumber<string>
        className="condition-value"
        aria-label={label}
        stringMode
        controls={false}
        value={value === undefined || value === null ? undefined : String(value)}
        onChange={(amount) => onChange(amount === null ? undefined : String(amount))}
      />
    );
  }
  if (type === 'integer' || type === 'number') {
    return (
      <InputNumber<number>
        className="condition-value"
        aria-label={label}
        controls={false}
        precision={type === 'integer' ? 0 : undefined}
        value={value as number | undefined}
        onChange={(number) => onChange(number ?? undefined)}
      />
    );
  }
  return (
    <Input
      className="condition-value"
      aria-label={label}
      value={(value as string | undefined) ?? ''}
      maxLength={200}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}
