import { useMutation, useQuery } from '@tanstack/react-query';
import { Alert, Button, Checkbox, Input, Segmented, Skeleton } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { post } from '../api/client';
import { messageOf } from '../api/problem';
import { said } from '../i18n';
import { ErrorView } from '../kit/ErrorView';
import { count } from '../kit/format';
import type { Import, Mapping, Preview, PreviewRow } from './api';

interface Props {
  found: Import;
  mapping: Mapping;
  onBack: () => void;
  onStarted: () => void;
}

/** The first rows, and what would happen with each. Nothing is written yet. */
export function PreviewStep({ found, mapping, onBack, onStarted }: Props) {
  const { t } = useTranslation('imports');
  const [keep, setKeep] = useState(false);
  const [all, setAll] = useState(false);
  const [name, setName] = useState(mapping.source);
  const preview = useQuery({
    queryKey: ['import', found.id, 'preview', mapping],
    queryFn: () => post<Preview>(`/imports/${found.id}/preview`, { mapping }),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const start = useMutation({
    mutationFn: () =>
      post(`/imports/${found.id}/start`, { mapping, save_as: keep && name.trim() ? name.trim() : undefined }),
    onSuccess: onStarted,
  });
  const columns = preview.data?.columns ?? [];
  const used = columns
    .map((column, index) => ({ column, index }))
    .filter(({ column }) => Object.values(mapping.columns).includes(column));
  const what = (row: PreviewRow) =>
    [
      row.same_as_row ? t('preview.same', { row: row.same_as_row }) : t(`will.${row.will}`),
      row.creates_customer && row.will !== 'create_customer' && t('preview.with_customer'),
    ]
      .filter(Boolean)
      .join(t('preview.and'));
  const back = <Button onClick={onBack}>{t('common:action.back')}</Button>;

  if (preview.isPending) return <Skeleton active paragraph={{ rows: 8 }} />;
  if (preview.isError) {
    return (
      <>
        <ErrorView error={preview.error} />
        <div className="import-foot">{back}</div>
      </>
    );
  }
  const bad = preview.data.rows.filter((row) => row.problems.length > 0);
  const problems = bad.length;
  // Rows that are refused are what a person has to look at: they stand first until all are asked for.
  const onlyBad = problems > 0 && problems < preview.data.rows.length && !all;
  const shown = onlyBad ? bad : preview.data.rows;
  return (
    <div className="import-mapping">
      <div className="panel">
        <h2>{t('preview.title', { n: preview.data.rows.length })}</h2>
        <p className="preview-counts">
          {Object.entries(preview.data.counts).map(([will, n]) => (
            <span key={will}>
              {t(`will.${will}`)} <b>{count(n)}</b>
            </span>
          ))}
        </p>
        {problems > 0 && (
          <Alert type="warning" showIcon title={t('preview.problems', { n: problems })} style={{ marginBottom: 12 }} />
        )}
        {problems > 0 && problems < preview.data.rows.length && (
          <Segmented
            className="preview-which"
            aria-label={t('preview.rows')}
            value={onlyBad ? 'bad' : 'all'}
            onChange={(value) => setAll(value === 'all')}
            options={[
              { value: 'bad', label: t('preview.bad_rows', { n: count(problems) }) },
              { value: 'all', label: t('preview.all_rows', { n: count(preview.data.rows.length) }) },
            ]}
          />
        )}
        <section
          className="preview-scroll"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
          tabIndex={0}
          aria-label={t('preview.title', { n: preview.data.rows.length })}
        >
          <table className="preview-table">
            <thead>
              <tr>
                <th scope="col">{t('preview.row')}</th>
                <th scope="col">{t('preview.will')}</th>
                {used.map(({ column }) => (
                  <th key={column} scope="col">
                    {column}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {shown.map((row) => (
                <tr key={row.row} className={row.problems.length ? 'has-problem' : undefined}>
                  <td className="number">{row.row}</td>
                  <td className="preview-will">
                    {row.problems.length > 0
                      ? row.problems.map((problem) => <span key={problem.text.en}>{said(problem.text)}</span>)
                      : what(row)}
                  </td>
                  {used.map(({ column, index }) => (
                    <td key={column}>{row.cells?.[index] ?? ''}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      </div>
      {start.isError && <Alert type="error" showIcon role="alert" title={messageOf(start.error)} />}
      <div className="panel preview-keep">
        <Checkbox checked={keep} onChange={(event) => setKeep(event.target.checked)}>
          {t('preview.keep')}
        </Checkbox>
        {keep && (
          <Input
            value={name}
            onChange={(event) => setName(event.target.value)}
            aria-label={t('preview.keep_name')}
            maxLength={60}
            style={{ width: 220 }}
          />
        )}
      </div>
      <div className="import-foot">
        {back}
        <Button type="primary" size="large" loading={start.isPending} onClick={() => start.mutate()}>
          {t('preview.start', { n: count(preview.data.rows_total) })}
        </Button>
      </div>
    </div>
  );
}
