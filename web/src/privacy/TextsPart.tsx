import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Form, Input, Modal, Skeleton } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { post } from '../api/client';
import { messageOf } from '../api/problem';
import { said } from '../i18n';
import { ErrorView } from '../kit/ErrorView';
import { DayText } from '../kit/texts';
import { type ConsentText, PURPOSES, type Purpose, useTexts } from './api';

/** The wording of each purpose, in versions: whoever agreed, agreed to the one of his day. */
export function TextsPart() {
  const { t } = useTranslation('privacy');
  const texts = useTexts();
  const [writing, write] = useState<Purpose>();
  if (texts.isError) return <ErrorView error={texts.error} onRetry={() => texts.refetch()} />;
  if (!texts.data) return <Skeleton active />;
  return (
    <>
      <p className="quiet">{t('texts.note')}</p>
      {PURPOSES.map((purpose) => {
        const versions = texts.data.filter((one) => one.purpose === purpose);
        const now = versions[0];
        return (
          <section key={purpose} className="panel pv-text">
            <div className="pv-head">
              <h2>
                {t(`purpose.${purpose}`)}{' '}
                {now && <span className="quiet">{t('texts.version', { n: now.number })}</span>}
              </h2>
              <Button onClick={() => write(purpose)}>{t('texts.new')}</Button>
            </div>
            <p>{now ? said(now.words) : t('texts.none')}</p>
            {versions.length > 1 && (
              <details>
                <summary>{t('texts.older', { n: versions.length - 1 })}</summary>
                <ul className="pv-older">
                  {versions.slice(1).map((one) => (
                    <li key={one.id}>
                      <span className="quiet">
                        {t('texts.version', { n: one.number })} · <DayText value={one.published_at} />
                      </span>
                      <p>{said(one.words)}</p>
                    </li>
                  ))}
                </ul>
              </details>
            )}
          </section>
        );
      })}
      {writing && (
        <TextDialog
          purpose={writing}
          now={texts.data.find((one) => one.purpose === writing)}
          onClose={() => write(undefined)}
        />
      )}
    </>
  );
}

function TextDialog({ purpose, now, onClose }: { purpose: Purpose; now?: ConsentText; onClose: () => void }) {
  const { t } = useTranslation('privacy');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [form] = Form.useForm<{ zh: string; en: string }>();
  const run = useMutation({
    mutationFn: (words: { zh: string; en: string }) => post('/consent-texts', { purpose, words }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['privacy', 'texts'] });
      void message.success(t('texts.published'));
      onClose();
    },
  });
  const needed = [{ required: true, whitespace: true, message: t('needed') }];
  return (
    <Modal
      open
      title={`${t('texts.new')} · ${t(`purpose.${purpose}`)}`}
      okText={t('texts.publish')}
      confirmLoading={run.isPending}
      onOk={() => form.submit()}
      onCancel={onClose}
    >
      {run.isError && <Alert type="error" showIcon title={messageOf(run.error)} className="pv-gap" />}
      <p className="quiet">{t('texts.publish_note')}</p>
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={now?.words}
        onFinish={(words) => run.mutate(words)}
      >
        <Form.Item name="zh" label={t('texts.zh')} rules={needed}>
          <Input.TextArea rows={5} maxLength={4000} />
        </Form.Item>
        <Form.Item name="en" label={t('texts.en')} rules={needed}>
          <Input.TextArea rows={5} maxLength={4000} />
        </Form.Item>
      </Form>
    </Modal>
  );
}
