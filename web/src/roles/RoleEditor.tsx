import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Checkbox, Input, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { patch, remove } from '../api/client';
import { messageOf } from '../api/problem';
import { useFields } from '../fields/api';
import { said } from '../i18n';
import { FIELD_RIGHTS, type FieldRight, PARTS, REACHES, type Reach, type Role } from './api';

interface Props {
  role: Role;
  /** Every permission that there is. */
  all: string[];
  fieldNames: string[];
  onGone: () => void;
}

/** What one role may do, how far it sees, and which fields of a customer. */
export function RoleEditor({ role, all, fieldNames, onGone }: Props) {
  const { t } = useTranslation('roles');
  const { message, modal } = App.useApp();
  const queries = useQueryClient();
  const own = useFields().data ?? [];
  const [name, setName] = useState(role.name ?? '');
  const [permissions, setPermissions] = useState(role.permissions);
  const [reach, setReach] = useState<Reach>(role.reach);
  const [others, setOthers] = useState<FieldRight>(role.other_fields);
  const [fields, setFields] = useState(role.fields);
  const fixed = role.key === 'administrator';

  const save = useMutation({
    mutationFn: () =>
      patch<Role>(
        `/roles/${role.key}`,
        { ...(role.own ? { name: name.trim() } : {}), permissions, reach, other_fields: others, fields },
        { version: role.version },
      ),
    onSuccess: () => {
      void message.success(t('common:saved'));
      void queries.invalidateQueries({ queryKey: ['roles'] });
      void queries.invalidateQueries({ queryKey: ['session'] });
    },
  });
  const drop = () =>
    modal.confirm({
      title: role.own ? t('delete_question', { name: role.name }) : t('reset_question'),
      content: role.own ? t('delete_note') : t('reset_note'),
      onOk: async () => {
        try {
          await remove(`/roles/${role.key}`);
          void queries.invalidateQueries({ queryKey: ['roles'] });
          if (role.own) onGone();
        } catch (error) {
          void message.error(messageOf(error));
        }
      },
    });

  const known = PARTS.flatMap(([, words]) => words);
  const parts: [string, string[]][] = [
    ...PARTS.map(([part, words]): [string, string[]] => [part, words.filter((word) => all.includes(word))]),
    ['house', all.filter((word) => !known.includes(word))],
  ];
  const toggle = (word: string, on: boolean) =>
    setPermissions(on ? [...permissions, word] : permissions.filter((one) => one !== word));
  const rows: [string, string][] = [
    ...fieldNames.map((field): [string, string] => [field, t(`field.${field}`)]),
    ...own.map((field): [string, string] => [`fields.${field.key}`, said(field.label)]),
  ];
  const rights = (extra: boolean) => [
    ...(extra ? [{ value: '', label: t('as_others') }] : []),
    ...FIELD_RIGHTS.map((value) => ({ value, label: t(`right.${value}`) })),
  ];
  const setField = (field: string, right: FieldRight | '') => {
    const { [field]: _, ...rest } = fields;
    setFields(right ? { ...rest, [field]: right } : rest);
  };

  return (
    <section className="panel role-editor">
      <div className="role-head">
        {role.own ? (
          <Input
            value={name}
            maxLength={60}
            aria-label={t('name')}
            onChange={(event) => setName(event.target.value)}
            status={name.trim() ? undefined : 'error'}
          />
        ) : (
          <h2>{t(`settings:role.${role.base}`)}</h2>
        )}
        {!fixed && (role.own || role.changed) && (
          <Button danger={role.own} onClick={drop}>
            {role.own ? t('delete') : t('reset')}
          </Button>
        )}
      </div>
      <p className="quiet">
        {fixed ? t('fixed') : role.own ? t('made_from', { base: t(`settings:role.${role.base}`) }) : t('note')}
      </p>
      {save.isError && <Alert type="error" showIcon title={messageOf(save.error)} style={{ marginBottom: 16 }} />}
      <h3>{t('may')}</h3>
      <div className="role-parts">
        {parts.map(([part, words]) => (
          <fieldset key={part} className="role-part" disabled={fixed}>
            <legend>{t(`part_of.${part}`)}</legend>
            {words.map((word) => (
              <Checkbox
                key={word}
                disabled={fixed}
                checked={permissions.includes(word)}
                onChange={(event) => toggle(word, event.target.checked)}
              >
                {t(`hooks:permission.${word}`)}
              </Checkbox>
            ))}
          </fieldset>
        ))}
      </div>
      <p className="quiet">{t('needs')}</p>
      <h3>{t('reach')}</h3>
      <Select
        className="role-reach"
        aria-label={t('reach')}
        disabled={fixed}
        value={reach}
        onChange={setReach}
        options={REACHES.map((value) => ({ value, label: t(`settings:reach.${value}`) }))}
      />
      <p className="quiet">{t('reach_note')}</p>
      {!fixed && (
        <>
          <h3>{t('fields')}</h3>
          <p className="quiet">{t('fields_note')}</p>
          <div className="role-fields">
            <label>
              <b>{t('others')}</b>
              <Select value={others} onChange={setOthers} options={rights(false)} aria-label={t('others')} />
            </label>
            {rows.map(([field, label]) => (
              <label key={field}>
                <span>{label}</span>
                <Select<FieldRight | ''>
                  value={fields[field] ?? ''}
                  onChange={(right) => setField(field, right)}
                  options={rights(true)}
                  aria-label={label}
                />
              </label>
            ))}
          </div>
          <Button
            type="primary"
            loading={save.isPending}
            disabled={role.own && !name.trim()}
            onClick={() => save.mutate()}
          >
            {t('common:action.save')}
          </Button>
        </>
      )}
    </section>
  );
}
