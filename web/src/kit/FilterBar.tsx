import { CloseCircleFilled, DownOutlined } from '@ant-design/icons';
import { Button, Checkbox, DatePicker, Input, InputNumber, Popover, Radio } from 'antd';
import dayjs from 'dayjs';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { UrlState } from './useUrlState';

export interface Choice {
  value: string;
  label: ReactNode;
  /** What stands on the closed filter. */
  text?: string;
}

/** One filter of a list. Its values stand in the address under its keys. */
export type Filter =
  | { kind: 'choice'; key: string; label: string; choices: Choice[]; multiple?: boolean; empty?: string }
  | { kind: 'numbers'; label: string; from: string; to: string; unit?: string }
  | { kind: 'days'; label: string; from: string; to: string }
  | { kind: 'words'; key: string; label: string };

interface Props {
  filters: Filter[];
  state: UrlState;
  onChange: (change: Record<string, string | null>) => void;
}

const keysOf = (filter: Filter) =>
  filter.kind === 'choice' || filter.kind === 'words' ? [filter.key] : [filter.from, filter.to];

/** The filters of a list as a row of pills; each says what it holds, and one press clears it. */
export function FilterBar({ filters, state, onChange }: Props) {
  const { t } = useTranslation('kit');
  const used = filters.filter((filter) => keysOf(filter).some((key) => state[key]));
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out as a scrolling row everywhere
    <div className="filters" role="group" aria-label={t('filter.all')}>
      {filters.map((filter) => (
        <Pill key={keysOf(filter)[0]} filter={filter} state={state} onChange={onChange} />
      ))}
      {used.length > 0 && (
        <Button
          type="link"
          size="small"
          onClick={() => onChange(Object.fromEntries(used.flatMap(keysOf).map((key) => [key, null])))}
        >
          {t('filter.clear')}
        </Button>
      )}
    </div>
  );
}

function Pill({ filter, state, onChange }: { filter: Filter } & Pick<Props, 'state' | 'onChange'>) {
  const { t } = useTranslation('kit');
  const [open, setOpen] = useState(false);
  const said = summary(filter, state);
  return (
    <span className={said ? 'pill on' : 'pill'}>
      <Popover
        trigger="click"
        placement="bottomLeft"
        open={open}
        onOpenChange={setOpen}
        arrow={false}
        destroyOnHidden
        content={<div className="pill-panel">{panel(filter, state, onChange, () => setOpen(false), t)}</div>}
      >
        <button type="button" aria-expanded={open}>
          {filter.label}
          {said && <b>{said}</b>}
          {!said && <DownOutlined aria-hidden />}
        </button>
      </Popover>
      {said && (
        <button
          type="button"
          className="pill-clear"
          aria-label={t('filter.clear_one', { name: filter.label })}
          onClick={() => onChange(Object.fromEntries(keysOf(filter).map((key) => [key, null])))}
        >
          <CloseCircleFilled aria-hidden />
        </button>
      )}
    </span>
  );
}

/** What a filter holds, in a few words; empty when it holds nothing. */
export function summary(filter: Filter, state: UrlState): string {
  if (filter.kind === 'choice') {
    const values = (state[filter.key] ?? '').split(',').filter(Boolean);
    const texts = values.map((value) => {
      const choice = filter.choices.find((one) => one.value === value);
      return choice?.text ?? (typeof choice?.label === 'string' ? choice.label : value);
    });
    return texts.length > 2 ? `${texts.slice(0, 2).join('、')} +${texts.length - 2}` : texts.join('、');
  }
  if (filter.kind === 'words') return state[filter.key] ?? '';
  const [from, to] = [state[filter.from], state[filter.to]];
  if (from && to) return `${from} – ${to}`;
  if (from) return `≥ ${from}`;
  if (to) return `≤ ${to}`;
  return '';
}

type T = (key: string, values?: Record<string, unknown>) => string;

function panel(filter: Filter, state: UrlState, onChange: Props['onChange'], close: () => void, t: T): ReactNode {
  if (filter.kind === 'choice') {
    if (filter.choices.length === 0) return <p className="quiet">{filter.empty ?? t('filter.no_choices')}</p>;
    if (filter.multiple) return <Many filter={filter} state={state} onChange={onChange} />;
    return (
      <Radio.Group
        className="column-choice"
        value={state[filter.key]}
        onChange={(event) => {
          onChange({ [filter.key]: event.target.value as string });
          close();
        }}
        options={filter.choices}
      />
    );
  }
  if (filter.kind === 'words') {
    return (
      <Input.Search
        defaultValue={state[filter.key]}
        allowClear
        maxLength={100}
        aria-label={filter.label}
        enterButton={t('filter.apply')}
        onSearch={(text) => {
          onChange({ [filter.key]: text.trim() || null });
          close();
        }}
      />
    );
  }
  if (filter.kind === 'numbers') {
    return (
      <form
        className="pill-range"
        onSubmit={(event) => {
          event.preventDefault();
          const values = new FormData(event.currentTarget);
          const read = (name: string) => String(values.get(name) ?? '').replace(/[^\d.-]/g, '') || null;
          onChange({ [filter.from]: read('from'), [filter.to]: read('to') });
          close();
        }}
      >
        <InputNumber
          name="from"
          prefix={filter.unit}
          defaultValue={state[filter.from]}
          placeholder={t('filter.from')}
          aria-label={t('filter.from')}
          stringMode
          controls={false}
        />
        <span aria-hidden>–</span>
        <InputNumber
          name="to"
          prefix={filter.unit}
          defaultValue={state[filter.to]}
          placeholder={t('filter.to')}
          aria-label={t('filter.to')}
          stringMode
          controls={false}
        />
        <Button type="primary" htmlType="submit">
          {t('filter.apply')}
        </Button>
      </form>
    );
  }
  const day = (text: string | undefined) => (text ? dayjs(text) : null);
  return (
    <DatePicker.RangePicker
      allowEmpty={[true, true]}
      aria-label={filter.label}
      value={[day(state[filter.from]), day(state[filter.to])]}
      onChange={(days) =>
        onChange({
          [filter.from]: days?.[0]?.format('YYYY-MM-DD') ?? null,
          [filter.to]: days?.[1]?.format('YYYY-MM-DD') ?? null,
        })
      }
    />
  );
}

function Many({
  filter,
  state,
  onChange,
}: { filter: Extract<Filter, { kind: 'choice' }> } & Pick<Props, 'state' | 'onChange'>) {
  const { t } = useTranslation('kit');
  const [search, setSearch] = useState('');
  const value = (state[filter.key] ?? '').split(',').filter(Boolean);
  const fitting = filter.choices.filter((choice) =>
    (choice.text ?? String(choice.label)).toLowerCase().includes(search.toLowerCase()),
  );
  return (
    <>
      {filter.choices.length > 8 && (
        <Input
          allowClear
          value={search}
          onChange={(event) => setSearch(event.target.value)}
          placeholder={t('filter.search')}
          aria-label={t('filter.search')}
          style={{ marginBottom: 8 }}
        />
      )}
      <Checkbox.Group
        className="column-choice"
        value={value}
        onChange={(values) => {
          const outside = value.filter((one) => !fitting.some((choice) => choice.value === one));
          onChange({ [filter.key]: [...outside, ...values].join(',') || null });
        }}
        options={fitting}
      />
    </>
  );
}
