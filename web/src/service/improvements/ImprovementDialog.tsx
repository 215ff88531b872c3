import { useMutation, useQueryClient } from '@tanstack/react-query';
import { App, Input, Modal, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { patch, post } from '../../api/client';
import { messageOf } from '../../api/problem';
import { useTopics } from '../voices/api';
import type { Improvement } from './api';

/** A new improvement, or what one is called, means and belongs to. */
export function ImprovementDialog({
  improvement: before,
  onClose,
}: {
  improvement?: Improvement;
  onClose: (id?: string) => void;
}) {
  const { t } = useTranslation('improvements');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const topics = useTopics().data?.items ?? [];
  const [title, setTitle] = useState(before?.title ?? '');
  const [detail, setDetail] = useState(before?.detail ?? '');
  const [tried, look] = useState(false);
  const [topic, setTopic] = useState(before?.topic_id ?? undefined);
  const save = useMutation({
    mutationFn: () =>
      before
        ? patch<Improvement>(
            `/improvements/${before.id}`,
            { title, detail: detail || null, topic_id: topic ?? null },
            { version: before.version },
          )
        : post<Improvement>('/improvements', { title, detail: detail || undefined, topic_id: topic }),
    onSuccess: (one) => {
      void queries.invalidateQueries({ queryKey: ['service', 'improvements'] });
      onClose(one.id);
    },
    onError: (error) => void message.error(messageOf(error)),
  });
  const missing = tried && !title.trim();
  return (
    <Modal
      open
      title={t(before ? 'edit' : 'new')}
      onCancel={() => onClose()}
      onOk={() => {
        look(true);
        if (title.trim()) save.mutate();
      }}
      confirmLoading={save.isPending}
      okText={t('common:action.save')}
      cancelText={t('common:action.cancel')}
    >
      <div style={{ display: 'grid', gap: 12 }}>
        <div>
          <Input
            status={missing ? 'error' : undefined}
            aria-invalid={missing}
            aria-label={t('name')}
            placeholder={t('name')}
            maxLength={120}
            value={title}
            onChange={(event) => setTitle(event.target.value)}
          />
          {missing && <div className="field-fault">{t('name_needed')}</div>}
        </div>
        <Input.TextArea
          aria-label={t('detail')}
          placeholder={t('detail')}
          maxLength={2000}
          rows={3}
          value={detail}
          onChange={(event) => setDetail(event.target.value)}
        />
        <Select
          aria-label={t('topic')}
          placeholder={t('topic')}
          allowClear
          value={topic}
          onChange={setTopic}
          options={topics.map((one) => ({ value: one.id, label: one.name }))}
        />
      </div>
    </Modal>
  );
}
