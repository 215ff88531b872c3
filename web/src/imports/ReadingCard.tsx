import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, InputNumber, Select, Spin } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { post } from '../api/client';
import { messageOf } from '../api/problem';
import { said } from '../i18n';
import { count } from '../kit/format';
import type { Import, Mapping, ReadOptions } from './api';

const encodings = ['utf-8', 'gb18030', 'big5', 'utf-16le', 'utf-16be', 'windows-1252'];

/** What was understood of the file, and the way to say that it was misunderstood: the server then reads it again. */
export function ReadingCard({
  found,
  mapping,
  onReread,
}: {
  found: Import;
  mapping: Mapping;
  /** The mapping to start from after another reading: other columns need another one. */
  onReread: (mapping: Mapping | undefined) => void;
}) {
  const { t } = useTranslation('imports');
  const [open, setOpen] = useState(false);
  const { shape } = found;
  const read = mapping.read ?? {};
  const [row, setRow] = useState<number | null>();
  const queries = useQueryClient();
  const again = useMutation({
    mutationFn: (part: ReadOptions) => post<Import>(`/imports/${found.id}/inspect`, { read: { ...read, ...part } }),
    onSuccess: (answer) => {
      queries.setQueryData(['import', found.id], answer);
      setRow(undefined);
      onReread(answer.suggested_mapping ?? undefined);
    },
  });
  const set = (part: ReadOptions) => again.mutate(part);
  const setHeader = (wanted: number | null | undefined) => {
    if (typeof wanted === 'number' && wanted !== shape.header_row) set({ header_row: wanted });
  };
  const delimiters: Record<string, string> = {
    ',': t('reading.comma'),
    ';': t('reading.semicolon'),
    '\t': t('reading.tab'),
  };
  const facts = [
    shape.format === 'csv' ? 'CSV' : shape.format.toUpperCase(),
    shape.encoding && shape.encoding.toUpperCase(),
    shape.delimiter && (delimiters[shape.delimiter] ?? shape.delimiter),
    shape.sheet && t('reading.sheet', { name: shape.sheet }),
    shape.header_row > 0 ? t('reading.header', { row: shape.header_row }) : t('reading.no_header'),
    t('reading.rows', { n: count(found.rows_estimated) }),
    t('reading.columns', { n: shape.columns.length }),
  ].filter(Boolean);
  return (
    <div className="panel reading">
      <div className="reading-line">
        <span>
          <b>{t('reading.understood')}</b> {facts.join(' · ')}
        </span>
        <Button type="link" size="small" onClick={() => setOpen(!open)} aria-expanded={open}>
          {t('reading.wrong')}
        </Button>
      </div>
      {found.warnings.map((warning) => (
        <Alert key={warning.en} type="warning" showIcon title={said(warning)} style={{ marginTop: 8 }} />
      ))}
      {again.isError && (
        <Alert type="error" showIcon role="alert" title={messageOf(again.error)} style={{ marginTop: 8 }} />
      )}
      {open && (
        <Spin spinning={again.isPending}>
          <div className="reading-options">
            {shape.format === 'csv' && (
              <label>
                {t('reading.encoding')}
                <Select
                  value={shape.encoding ?? undefined}
                  onChange={(encoding) => set({ encoding })}
                  options={[...new Set([shape.encoding ?? 'utf-8', ...encodings])].map((value) => ({
                    value,
                    label: value.toUpperCase(),
                  }))}
                />
              </label>
            )}
            {found.sheets.length > 1 && (
              <label>
                {t('reading.which_sheet')}
                <Select
                  value={shape.sheet ?? undefined}
                  onChange={(sheet) => set({ sheet })}
                  options={found.sheets.map((sheet) => ({ value: sheet.name, label: sheet.name }))}
                />
              </label>
            )}
            <label>
              {t('reading.which_header')}
              <InputNumber
                min={0}
                max={50}
                precision={0}
                value={row === undefined ? shape.header_row : row}
                onChange={setRow}
                onStep={setHeader}
                onBlur={() => setHeader(row)}
                onPressEnter={() => setHeader(row)}
              />
            </label>
          </div>
        </Spin>
      )}
    </div>
  );
}
