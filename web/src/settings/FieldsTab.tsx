import { ArrowDownOutlined, ArrowUpOutlined, EditOutlined, PlusOutlined } from '@ant-design/icons';
import { useQueryClient } from '@tanstack/react-query';
import { App, Button, Skeleton } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { post, put } from '../api/client';
import { messageOf } from '../api/problem';
import { useAllFields } from '../fields/api';
import { FieldDialog } from '../fields/FieldDialog';
import { moved, type OwnField } from '../fields/model';
import { said } from '../i18n';
import { Empty } from '../kit/Empty';
import { ErrorView } from '../kit/ErrorView';
import '../fields/fields.css';

/** What the organisation keeps of customers beside what everybody keeps. */
export function FieldsTab() {
  const { t } = useTranslation('fields');
  const { message, modal } = App.useApp();
  const queries = useQueryClient();
  const all = useAllFields();
  const [editing, setEditing] = useState<OwnField | 'new'>();
  const open = all.data?.filter((field) => !field.archived) ?? [];
  const away = all.data?.filter((field) => field.archived) ?? [];

  const refresh = () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: ['fields'] }),
      queries.invalidateQueries({ queryKey: ['conditions', 'fields'] }),
    ]);
  const run = async (work: () => Promise<unknown>, done?: string) => {
    try {
      await work();
      await refresh();
      if (done) message.success(done);
    } catch (error) {
      message.error(messageOf(error));
    }
  };
  const move = (at: number, by: -1 | 1) =>
    run(() => put('/fields/order', { ids: moved(open, at, by).map((field) => field.id) }));
  const archive = (field: OwnField) =>
    modal.confirm({
      title: t('archive_question', { name: said(field.label) }),
      content: t('archive_note'),
      onOk: () => run(() => post(`/fields/${field.id}/archive`, {}), t('archived_done')),
    });
  const add = (
    <Button type="primary" icon={<PlusOutlined />} onClick={() => setEditing('new')}>
      {t('new')}
    </Button>
  );
  const name = (field: OwnField) => (
    <span className="field-row-name">
      <span>
        {said(field.label)}
        {field.required && <span className="field-marks">{t('mark.required')}</span>}
        {field.restricted && <span className="field-marks">{t('mark.restricted')}</span>}
      </span>
      <span className="quiet">
        {t(`kind.${field.kind}`)} · {field.key}
      </span>
    </span>
  );

  return (
    <section className="panel">
      <div className="settings-head">
        <h2>{t('title')}</h2>
        {open.length > 0 && add}
      </div>
      <p className="quiet">{t('note')}</p>
      {all.isPending && <Skeleton active />}
      {all.isError && <ErrorView error={all.error} onRetry={() => all.refetch()} />}
      {all.isSuccess && open.length === 0 && <Empty title={t('empty')} action={add} />}
      <ul className="field-rows">
        {open.map((field, at) => (
          <li key={field.id}>
            {name(field)}
            <Button
              type="text"
              icon={<ArrowUpOutlined />}
              disabled={at === 0}
              aria-label={t('up', { name: said(field.label) })}
              onClick={() => move(at, -1)}
            />
            <Button
              type="text"
              icon={<ArrowDownOutlined />}
              disabled={at === open.length - 1}
              aria-label={t('down', { name: said(field.label) })}
              onClick={() => move(at, 1)}
            />
            <Button
              type="text"
              icon={<EditOutlined />}
              aria-label={t('edit_name', { name: said(field.label) })}
              onClick={() => setEditing(field)}
            />
            <Button type="link" size="small" onClick={() => archive(field)}>
              {t('archive')}
            </Button>
          </li>
        ))}
      </ul>
      {away.length > 0 && (
        <>
          <h3 className="field-archived">{t('archived', { n: away.length })}</h3>
          <ul className="field-rows">
            {away.map((field) => (
              <li key={field.id}>
                {name(field)}
                <Button
                  type="link"
                  size="small"
                  onClick={() => run(() => post(`/fields/${field.id}/restore`, {}), t('restored_done'))}
                >
                  {t('restore')}
                </Button>
              </li>
            ))}
          </ul>
        </>
      )}
      <FieldDialog
        field={editing === 'new' ? undefined : editing}
        open={!!editing}
        onClose={() => setEditing(undefined)}
        onDone={refresh}
      />
    </section>
  );
}
