import { Alert, Button, InputNumber, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { said } from '../i18n';
import { count } from '../kit/format';
import type { Import, Mapping } from './api';

const encodings = ['utf-8', 'gb18030', 'big5', 'utf-16le', 'utf-16be', 'windows-1252'];

/** What was understood of the file, and the way to say that it was misunderstood. */
export function ReadingCard({
  found,
  mapping,
  onChange,
}: {
  found: Import;
  mapping: Mapping;
  onChange: (part: Partial<Mapping>) => void;
}) {
  const { t } = useTranslation('imports');
  const [open, setOpen] = useState(false);
  const { shape } = found;
  const read = mapping.read ?? {};
  const set = (part: Partial<NonNullable<Mapping['read']>>) => onChange({ read: { ...read, ...part } });
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
      {open && (
        <div className="reading-options">
          {shape.format === 'csv' && (
            <label>
              {t('reading.encoding')}
              <Select
                value={read.encoding ?? shape.encoding ?? undefined}
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
                value={read.sheet ?? shape.sheet ?? undefined}
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
              value={read.header_row ?? shape.header_row}
              onChange={(row) => set({ header_row: row ?? undefined })}
            />
          </label>
        </div>
      )}
    </div>
  );
}
