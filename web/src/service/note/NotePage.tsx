import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Input, Result, Segmented } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { newKey, post } from '../../api/client';
import { messageOf } from '../../api/problem';
import { PageHeader } from '../../kit/PageHeader';
import './note.css';

const KINDS = ['complaint', 'suggestion', 'question', 'praise'] as const;
const STORED = 'zunke.note';

interface Draft {
  kind: (typeof KINDS)[number];
  words: string;
  phone: string;
  name: string;
}

const EMPTY: Draft = { kind: 'complaint', words: '', phone: '', name: '' };

function stored(): Draft {
  try {
    return { ...EMPTY, ...(JSON.parse(localStorage.getItem(STORED) ?? '{}') as Partial<Draft>) };
  } catch {
    return EMPTY;
  }
}

/** Takes a customer's words down in half a minute, on a phone: what kind, what was said, who it was. */
export default function NotePage() {
  const { t } = useTranslation('note');
  const queries = useQueryClient();
  const [draft, write] = useState<Draft>(stored);
  // The same words sent twice over a bad line are one ticket.
  const [key, renew] = useState(newKey);
  useEffect(() => localStorage.setItem(STORED, JSON.stringify(draft)), [draft]);
  const save = useMutation({
    mutationFn: () => {
      const phone = draft.phone.trim();
      const name = draft.name.trim();
      const who = { ...(phone && { phone }), ...(name && { sender: name }) };
      return post<{ id: string; number: number }>(
        '/tickets',
        { ...who, kind: draft.kind, channel: 'staff', body: draft.words.trim() },
        { key },
      );
    },
    onSuccess: () => {
      write(EMPTY);
      renew(newKey());
      void queries.invalidateQueries({ queryKey: ['service'] });
    },
  });
  const set = (part: Partial<Draft>) => {
    write({ ...draft, ...part });
    // Mended words are another request.
    if (save.isError) {
      save.reset();
      renew(newKey());
    }
  };
  if (save.data) {
    return (
      <Result
        status="success"
        title={t('saved', { n: save.data.number })}
        extra={[
          <Button key="next" type="primary" size="large" onClick={() => save.reset()}>
            {t('next')}
          </Button>,
          <Link key="open" to={`/service/tickets/${save.data.id}`}>
            {t('open')}
          </Link>,
        ]}
      />
    );
  }
  return (
    <div className="note">
      <PageHeader title={t('title')} />
      <form
        className="panel note-form"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <Segmented
          block
          size="large"
          aria-label={t('kind_label')}
          value={draft.kind}
          onChange={(kind) => set({ kind })}
          options={KINDS.map((value) => ({ value, label: t(`desk:kind.${value}`) }))}
        />
        <Input.TextArea
          autoFocus
          aria-label={t('words')}
          placeholder={`${t('words')}（${t('words_hint')}）`}
          value={draft.words}
          maxLength={5000}
          autoSize={{ minRows: 4, maxRows: 12 }}
          onChange={(event) => set({ words: event.target.value })}
        />
        <Input
          size="large"
          type="tel"
          inputMode="tel"
          aria-label={t('phone')}
          placeholder={t('phone_hint')}
          value={draft.phone}
          maxLength={40}
          onChange={(event) => set({ phone: event.target.value })}
        />
        <Input
          size="large"
          aria-label={t('name')}
          placeholder={t('name')}
          value={draft.name}
          maxLength={60}
          onChange={(event) => set({ name: event.target.value })}
        />
        {save.isError && <Alert type="error" showIcon title={messageOf(save.error)} />}
        <Button
          type="primary"
          size="large"
          block
          htmlType="submit"
          disabled={!draft.words.trim()}
          loading={save.isPending}
        >
          {t('save')}
        </Button>
        <p className="quiet">{t('draft')}</p>
      </form>
    </div>
  );
}
