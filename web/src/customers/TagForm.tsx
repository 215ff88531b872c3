import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Drawer, Form, Grid, Input, Segmented, Skeleton } from 'antd';
import { useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { patch, post } from '../api/client';
import { messageOf } from '../api/problem';
import type { Schemas } from '../api/types';
import { ConditionEditor } from '../kit/ConditionEditor';
import { type Group, read, tests, write } from '../kit/condition';
import { ErrorView } from '../kit/ErrorView';
import { count } from '../kit/format';
import type { RuledTag } from './api';
import { ColourChoice } from './ColourChoice';
import { useConditions, useSettled } from './conditions';
import { tagColours } from './tags';

export type Kind = 'tag' | 'value_class';

interface Props {
  /** The tag to be changed, or what kind of tag is to be made. */
  editing: RuledTag | Kind | undefined;
  onClose: () => void;
}

/** A tag or a value class: its name, its colour, and the rule that gives it. */
export function TagForm({ editing, onClose }: Props) {
  const { t } = useTranslation('customers');
  const phone = !Grid.useBreakpoint().md;
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [form] = Form.useForm<{ name: string; colour: string }>();
  const [ruled, setRuled] = useState(false);
  const [group, setGroup] = useState<Group>({ join: 'all', parts: [] });
  const old = typeof editing === 'object' ? editing : undefined;
  const kind: Kind = old ? (old.kind ?? 'tag') : ((editing as Kind | undefined) ?? 'tag');
  const open = !!editing;

  useEffect(() => {
    if (!open) return;
    setGroup(old?.rule ? read(old.rule.condition) : { join: 'all', parts: [] });
    setRuled(!!old?.rule || kind === 'value_class');
    form.setFieldsValue({ name: old?.name ?? '', colour: old?.colour ?? tagColours[0] });
  }, [open, old, kind, form]);

  const { catalogue, options } = useConditions(open, old?.id);
  const condition = useMemo(() => write(group), [group]);
  const settled = useSettled(condition, 300);
  const asked = open && ruled && tests(group) > 0;
  const preview = useQuery({
    queryKey: ['tags', 'preview', old?.id, settled],
    queryFn: () => post<Schemas['TagPreview']>('/tags/preview', { condition: settled, tag_id: old?.id }),
    enabled: asked && !!catalogue.data,
    placeholderData: (before) => before,
    retry: false,
  });

  const save = useMutation({
    mutationFn: ({ name, colour }: { name: string; colour: string }) => {
      const body = { name: name.trim(), colour, ...(ruled ? { condition } : {}) };
      if (!old) return post('/tags', { ...body, kind });
      return patch(
        `/tags/${old.id}`,
        { ...body, ...(!ruled && old.rule ? { condition: null } : {}) },
        { version: old.version },
      );
    },
    onSuccess: () => {
      message.success(ruled ? t('tag.saved_rule') : t('common:saved'));
      void queries.invalidateQueries({ queryKey: ['tags'] });
      onClose();
    },
  });
  const change = () => {
    save.reset();
    form.submit();
  };
  const title = kind === 'value_class' ? 'class' : 'tag';
  return (
    <Drawer
      open={open}
      onClose={onClose}
      size={phone ? '100%' : 760}
      title={t(old ? `${title}.edit_title` : `${title}.new`)}
      afterOpenChange={(now) => {
        if (!now) save.reset();
      }}
      footer={
        <div className="drawer-foot">
          <span className="live-count" role="status">
            {asked && preview.data && !preview.isError && (
              <>
                <b>{t('tag.holds', { n: count(preview.data.count) })}</b>{' '}
                <span className="quiet">
                  {t('tag.will', { gain: count(preview.data.gain), lose: count(preview.data.lose) })}
                  {preview.data.kept_by_hand > 0 && t('tag.kept', { n: count(preview.data.kept_by_hand) })}
                </span>
              </>
            )}
          </span>
          <Button onClick={onClose}>{t('common:action.cancel')}</Button>
          <Button type="primary" disabled={ruled && tests(group) === 0} loading={save.isPending} onClick={change}>
            {t('common:action.save')}
          </Button>
        </div>
      }
    >
      <Form form={form} layout="vertical" name="tag" onFinish={(values) => save.mutate(values)} requiredMark={false}>
        {save.isError && <Alert type="error" showIcon title={messageOf(save.error)} style={{ marginBottom: 16 }} />}
        {asked && preview.isError && (
          <Alert type="warning" showIcon title={messageOf(preview.error)} style={{ marginBottom: 16 }} />
        )}
        {old?.rule?.state === 'stale' && (
          <Alert
            type="warning"
            showIcon
            title={t('tag.stale_note')}
            description={old.rule.error ? <StaleReason error={old.rule.error} /> : undefined}
            style={{ marginBottom: 16 }}
          />
        )}
        <Form.Item
          name="name"
          label={t('tag.name')}
          rules={[{ required: true, whitespace: true, message: t('segment.name_needed') }]}
        >
          <Input maxLength={40} />
        </Form.Item>
        <Form.Item name="colour" label={t('tag.colour')}>
          <ColourChoice />
        </Form.Item>
        {kind === 'tag' && (
          <Form.Item label={t('tag.given')}>
            <Segmented
              value={ruled ? 'rule' : 'hand'}
              onChange={(value) => setRuled(value === 'rule')}
              options={[
                { value: 'hand', label: t('tag.by_hand') },
                { value: 'rule', label: t('tag.by_rule') },
              ]}
            />
            <p className="quiet">{ruled ? t('tag.by_rule_note') : t('tag.by_hand_note')}</p>
          </Form.Item>
        )}
        {!ruled && old?.rule && <Alert type="info" showIcon title={t('tag.rule_goes')} />}
      </Form>
      {ruled && catalogue.isError && <ErrorView error={catalogue.error} onRetry={() => catalogue.refetch()} />}
      {ruled && catalogue.isPending && <Skeleton active />}
      {ruled && catalogue.data && (
        <ConditionEditor value={group} onChange={setGroup} catalogue={catalogue.data} options={options} />
      )}
    </Drawer>
  );
}

function StaleReason({ error }: { error: { zh?: string; en?: string } }) {
  const { i18n } = useTranslation();
  return <>{i18n.language === 'en' ? error.en : error.zh}</>;
}
