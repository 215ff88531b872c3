import { PlusOutlined } from '@ant-design/icons';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, DatePicker, Form, Input, InputNumber, Modal, Radio, Select, Skeleton, Tag } from 'antd';
import dayjs, { type Dayjs } from 'dayjs';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get, post, remove } from '../api/client';
import { messageOf } from '../api/problem';
import { useSession } from '../api/session';
import type { Schemas } from '../api/types';
import { Empty } from '../kit/Empty';
import { ErrorView } from '../kit/ErrorView';
import { DayText, InstantText, RelativeTime } from '../kit/texts';
import { Secret } from './Secret';

type Token = Schemas['Token'] & {
  permissions?: string[] | null;
  old_until?: string | null;
  per_minute?: number | null;
};

interface Values {
  name: string;
  may: 'read' | 'write';
  expires?: Dayjs | null;
  permissions?: string[];
  per_minute?: number | null;
}

/** Keys for programs that act in one's name. A key is shown when it is made, and never again. */
export function TokensTab() {
  const { t } = useTranslation('settings');
  const { message, modal } = App.useApp();
  const queries = useQueryClient();
  const session = useSession();
  const [making, setMaking] = useState(false);
  const [issued, setIssued] = useState<Schemas['IssuedToken']>();
  const [form] = Form.useForm<Values>();
  const tokens = useQuery({
    queryKey: ['tokens'],
    queryFn: ({ signal }) => get<{ items: Token[] }>('/tokens', undefined, signal),
    select: (list) => list.items,
  });
  const make = useMutation({
    mutationFn: (values: Values) =>
      post<Schemas['IssuedToken']>('/tokens', {
        name: values.name.trim(),
        scopes: values.may === 'write' ? ['read', 'write'] : ['read'],
        expires_at: values.expires ? values.expires.endOf('day').toISOString() : null,
        permissions: values.permissions?.length ? values.permissions : undefined,
        per_minute: values.per_minute ?? undefined,
      }),
    onSuccess: (token) => {
      void queries.invalidateQueries({ queryKey: ['tokens'] });
      form.resetFields();
      setMaking(false);
      setIssued(token);
    },
  });
  const rotate = (token: Token) =>
    modal.confirm({
      title: t('token.rotate_question', { name: token.name }),
      content: t('token.rotate_note'),
      okText: t('token.rotate'),
      onOk: async () => {
        try {
          setIssued(await post<Schemas['IssuedToken']>(`/tokens/${token.id}/rotate`, {}));
          await queries.invalidateQueries({ queryKey: ['tokens'] });
        } catch (error) {
          message.error(messageOf(error));
        }
      },
    });
  const revoke = (token: Token) =>
    modal.confirm({
      title: t('token.revoke_question', { name: token.name }),
      content: t('token.revoke_note'),
      okText: t('token.revoke'),
      okButtonProps: { danger: true },
      onOk: async () => {
        try {
          await remove(`/tokens/${token.id}`);
          await queries.invalidateQueries({ queryKey: ['tokens'] });
        } catch (error) {
          message.error(messageOf(error));
        }
      },
    });
  const add = (
    <Button type="primary" icon={<PlusOutlined />} onClick={() => setMaking(true)}>
      {t('token.new')}
    </Button>
  );
  return (
    <section className="panel">
      <div className="settings-head">
        <h2>{t('tab.tokens')}</h2>
        {(tokens.data?.length ?? 0) > 0 && add}
      </div>
      <p className="quiet">
        {t('token.note')} <a href="/api/v1/openapi.json">{t('token.api')}</a>
      </p>
      {tokens.isPending && <Skeleton active />}
      {tokens.isError && <ErrorView error={tokens.error} onRetry={() => tokens.refetch()} />}
      {tokens.data?.length === 0 && <Empty title={t('token.empty')} action={add} />}
      <ul className="rows">
        {tokens.data?.map((token) => (
          <li key={token.id}>
            <div>
              <b>{token.name}</b> <Tag>{token.scopes.includes('write') ? t('token.write') : t('token.read')}</Tag>
              {token.permissions && <Tag>{t('token.part', { n: token.permissions.length })}</Tag>}
              {token.per_minute && <Tag>{t('token.limited', { n: token.per_minute })}</Tag>}
              {token.expired && <Tag color="error">{t('token.expired')}</Tag>}
              <p className="quiet">
                {t('token.made')} <RelativeTime value={token.created_at} /> ·{' '}
                {token.used_at ? (
                  <>
                    {t('token.used')} <RelativeTime value={token.used_at} />
                  </>
                ) : (
                  t('token.never_used')
                )}{' '}
                ·{' '}
                {token.expires_at ? (
                  <>
                    {t('token.until')} <DayText value={token.expires_at} />
                  </>
                ) : (
                  t('token.no_end')
                )}
                {token.old_until && (
                  <>
                    {' · '}
                    {t('token.old_until')} <InstantText value={token.old_until} />
                  </>
                )}
              </p>
            </div>
            <div className="token-deeds">
              <Button onClick={() => rotate(token)}>{t('token.rotate')}</Button>
              <Button danger onClick={() => revoke(token)}>
                {t('token.revoke')}
              </Button>
            </div>
          </li>
        ))}
      </ul>
      <Modal
        open={making}
        onCancel={() => setMaking(false)}
        title={t('token.new')}
        okText={t('common:action.create')}
        onOk={() => form.submit()}
        confirmLoading={make.isPending}
      >
        <Form
          form={form}
          layout="vertical"
          name="token"
          initialValues={{ may: 'read' }}
          onFinish={(values) => make.mutate(values)}
          requiredMark={false}
        >
          {make.isError && <Alert type="error" showIcon title={messageOf(make.error)} style={{ marginBottom: 16 }} />}
          <Form.Item
            name="name"
            label={t('token.name')}
            rules={[{ required: true, whitespace: true, message: t('needed') }]}
          >
            <Input maxLength={60} placeholder={t('token.name_hint')} />
          </Form.Item>
          <Form.Item name="may" label={t('token.may')}>
            <Radio.Group
              options={[
                { value: 'read', label: t('token.read') },
                { value: 'write', label: t('token.write') },
              ]}
            />
          </Form.Item>
          <Form.Item name="permissions" label={t('token.permissions')}>
            <Select
              mode="multiple"
              allowClear
              placeholder={t('token.all')}
              optionFilterProp="label"
              options={session.permissions.map((value) => ({ value, label: t(`hooks:permission.${value}`, value) }))}
            />
          </Form.Item>
          <Form.Item name="expires" label={t('token.expires')}>
            <DatePicker
              placeholder={t('token.no_end')}
              style={{ width: '100%' }}
              disabledDate={(day) => day.isBefore(dayjs(), 'day')}
            />
          </Form.Item>
          <Form.Item name="per_minute" label={t('token.per_minute')}>
            <InputNumber min={1} max={60000} precision={0} placeholder="12000" style={{ width: '100%' }} />
          </Form.Item>
        </Form>
      </Modal>
      <Modal
        open={!!issued}
        title={issued?.name}
        closable={false}
        mask={{ closable: false }}
        footer={<Button onClick={() => setIssued(undefined)}>{t('secret.kept')}</Button>}
      >
        {issued?.token && <Secret value={issued.token} note={t('token.issued_note')} />}
      </Modal>
    </section>
  );
}
