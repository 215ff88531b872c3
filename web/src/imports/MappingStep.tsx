import { CheckCircleFilled } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Alert, AutoComplete, Button, Checkbox, Input, Radio, Select } from 'antd';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get } from '../api/client';
import { useFields } from '../fields/api';
import { said } from '../i18n';
import { count } from '../kit/format';
import {
  type FieldName,
  fieldsOf,
  type Import,
  type ImportKind,
  kinds,
  type Mapping,
  missing,
  type NamedMapping,
} from './api';
import { OrganisationCheck } from './OrganisationCheck';
import { give, partOf, partOfKey, withFields } from './own';
import { ReadingCard } from './ReadingCard';
import { zones } from './zones';

interface Props {
  found: Import;
  mapping: Mapping | undefined;
  onChange: (mapping: Mapping) => void;
  onNext: (mapping: Mapping) => void;
}

/** Which column is what: the suggestion is filled in, the person confirms or corrects it. */
export function MappingStep({ found, mapping: given, onChange, onNext }: Props) {
  const { t } = useTranslation('imports');
  const [tried, setTried] = useState(false);
  const saved = useQuery({
    queryKey: ['import-mappings'],
    queryFn: ({ signal }) => get<{ items: NamedMapping[] }>('/import-mappings', undefined, signal),
    select: (page) => page.items,
    retry: false,
  });
  const fields = useFields().data ?? [];
  const columns = found.shape.columns;
  const mapping = useMemo<Mapping>(
    () => given ?? { kind: 'orders', source: '', columns: {}, date_order: 'ymd' },
    [given],
  );
  const gaps = missing(mapping);
  const offered = fieldsOf(mapping.kind);
  const sales = mapping.kind === 'orders' || mapping.kind === 'order_lines';
  const own = mapping.kind === 'customers' ? fields : [];
  const change = (part: Partial<Mapping>) => onChange({ ...mapping, ...part });
  const changeKind = (kind: ImportKind) => {
    const fitting = fieldsOf(kind);
    onChange({
      ...(kind === 'customers' ? mapping : withFields(mapping, {})),
      kind,
      columns: Object.fromEntries(
        Object.entries(mapping.columns).filter(([name]) => fitting.includes(name as FieldName)),
      ) as Mapping['columns'],
    });
  };
  const samples = (index: number) =>
    [...new Set(found.sample.map((row) => row[index]?.trim()).filter(Boolean))].slice(0, 3).join('  ·  ');

  return (
    <div className="import-mapping">
      <ReadingCard found={found} mapping={mapping} onReread={(next) => next && onChange(next)} />
      {sales && <OrganisationCheck />}
      <div className="panel">
        <h2>{t('mapping.what')}</h2>
        <Radio.Group
          className="kind-choice"
          value={mapping.kind}
          onChange={(event) => changeKind(event.target.value as ImportKind)}
          options={kinds.map((kind) => ({
            value: kind,
            label: (
              <span className="kind-label">
                <b>{t(`kind.${kind}`)}</b>
                <span className="quiet">{t(`kind_note.${kind}`)}</span>
              </span>
            ),
          }))}
        />
        <div className="mapping-line">
          <label htmlFor="import-source">{t('mapping.source')}</label>
          <Input
            id="import-source"
            value={mapping.source}
            status={tried && !mapping.source.trim() ? 'error' : undefined}
            onChange={(event) => change({ source: event.target.value })}
            maxLength={60}
            placeholder={t('mapping.source_hint')}
          />
          <span className="quiet">{t('mapping.source_note')}</span>
        </div>
        {(saved.data?.length ?? 0) > 0 && (
          <div className="mapping-line">
            <label htmlFor="import-saved">{t('mapping.saved')}</label>
            <Select
              id="import-saved"
              style={{ minWidth: 220 }}
              defaultValue={found.suggested_name ?? undefined}
              placeholder={t('mapping.saved_hint')}
              options={saved.data?.map((one) => ({ value: one.name, label: one.name }))}
              onChange={(name) => {
                const chosen = saved.data?.find((one) => one.name === name);
                if (chosen) onChange(chosen.mapping);
              }}
            />
          </div>
        )}
      </div>

      <div className="panel">
        <h2>{t('mapping.columns')}</h2>
        <table className="mapping-table">
          <thead>
            <tr>
              <th scope="col">{t('mapping.column')}</th>
              <th scope="col">{t('mapping.sample')}</th>
              <th scope="col">{t('mapping.is')}</th>
            </tr>
          </thead>
          <tbody>
            {columns.map((column, index) => {
              const field = partOf(mapping, column);
              return (
                <tr key={column} className={field ? 'mapped' : undefined}>
                  <th scope="row">
                    {column} {field && <CheckCircleFilled className="mapped-mark" aria-hidden />}
                  </th>
                  <td className="quiet mapping-sample">{samples(index) || '–'}</td>
                  <td>
                    <Select
                      value={field ?? ''}
                      aria-label={t('mapping.is_column', { column })}
                      onChange={(next) => onChange(give(mapping, column, next || undefined))}
                      showSearch={{ optionFilterProp: 'label' }}
                      popupMatchSelectWidth={false}
                      style={{ width: '100%' }}
                      options={[
                        { value: '', label: t('mapping.ignore') },
                        ...offered.map((name): { value: string; label: string } => ({
                          value: name,
                          label: t(`field.${name}`),
                        })),
                        ...own.map((one) => ({ value: partOfKey(one.key), label: said(one.label) })),
                      ]}
                    />
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>

      {mapping.kind !== 'customers' && (
        <div className="panel">
          <h2>{t('mapping.details')}</h2>
          <div className="mapping-line">
            <label htmlFor="import-date-order">{t('mapping.date_order')}</label>
            <Select
              id="import-date-order"
              value={mapping.date_order ?? 'ymd'}
              onChange={(date_order) => change({ date_order })}
              options={(['ymd', 'mdy', 'dmy'] as const).map((value) => ({ value, label: t(`date_order.${value}`) }))}
            />
          </div>
          <div className="mapping-line">
            <label htmlFor="import-zone">{t('mapping.time_zone')}</label>
            <AutoComplete
              id="import-zone"
              value={mapping.time_zone ?? ''}
              onChange={(zone) => change({ time_zone: zone || undefined })}
              options={zones.map((value) => ({ value }))}
              showSearch={{
                filterOption: (typed, option) => !!option?.value.toLowerCase().includes(typed.toLowerCase()),
              }}
              placeholder={t('mapping.own_zone')}
              style={{ width: 220 }}
              allowClear
            />
          </div>
          {sales && (
            <>
              <div className="mapping-line">
                <label htmlFor="import-prefix">{t('mapping.refund_prefix')}</label>
                <Input
                  id="import-prefix"
                  value={mapping.cancellation?.id_prefix ?? ''}
                  style={{ width: 120 }}
                  maxLength={20}
                  onChange={(event) =>
                    change({
                      cancellation: { ...mapping.cancellation, id_prefix: event.target.value || undefined },
                    })
                  }
                />
                <span className="quiet">{t('mapping.refund_prefix_note')}</span>
              </div>
              <Checkbox
                checked={mapping.cancellation?.negative ?? false}
                onChange={(event) =>
                  change({ cancellation: { ...mapping.cancellation, negative: event.target.checked } })
                }
              >
                {t('mapping.refund_negative')}
              </Checkbox>
            </>
          )}
          <div>
            <Checkbox
              checked={mapping.drop_zero ?? false}
              onChange={(event) => change({ drop_zero: event.target.checked })}
            >
              {t('mapping.drop_zero')}
            </Checkbox>
          </div>
        </div>
      )}

      {tried && gaps.length > 0 && (
        <Alert
          type="warning"
          showIcon
          role="alert"
          title={t('mapping.missing', {
            names: gaps.map((gap) => (gap === 'customer' ? t('mapping.customer') : t(`field.${gap}`))).join('、'),
          })}
        />
      )}
      {tried && !mapping.source.trim() && (
        <Alert type="warning" showIcon role="alert" title={t('mapping.source_needed')} />
      )}
      <div className="import-foot">
        <span className="quiet">{t('mapping.rows', { n: count(found.rows_estimated) })}</span>
        <Button
          type="primary"
          size="large"
          onClick={() => {
            setTried(true);
            if (gaps.length === 0 && mapping.source.trim()) onNext(mapping);
          }}
        >
          {t('mapping.preview')}
        </Button>
      </div>
    </div>
  );
}
