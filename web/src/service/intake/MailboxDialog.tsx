import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Form, Input, InputNumber, Modal, Select, Switch } from 'antd';
import { useTranslation } from 'react-i18next';
import { patch, post } from '../../api/client';
import { messageOf } from '../../api/problem';
import { KINDS, type Mailbox, SECURITIES, type Server } from './api';

interface Values {
  name: string;
  address: string;
  active: boolean;
  from_name?: string;
  kind: string;
  fetches: boolean;
  imap: Server;
  folder: string;
  sends: boolean;
  smtp: Server;
  password?: string;
  password_env?: string;
}

function ServerFields({ place }: { place: 'imap' | 'smtp' }) {
  const { t } = useTranslation('intake');
  const needed = [{ required: true, message: t('needed') }];
  return (
    <div className="intake-pair">
      <Form.Item name={[place, 'host']} label={t('server.host')} rules={needed}>
        <Input placeholder={`${place}.example.com`} />
      </Form.Item>
      <Form.Item name={[place, 'port']} label={t('server.port')} rules={needed}>
        <InputNumber min={1} max={65535} />
      </Form.Item>
      <Form.Item name={[place, 'security']} label={t('server.security')}>
        <Select options={SECURITIES.map((value) => ({ value, label: t(`server.${value}`) }))} />
      </Form.Item>
      <Form.Item name={[place, 'user']} label={t('server.user')} rules={place === 'imap' ? needed : []}>
        <Input autoComplete="off" />
      </Form.Item>
    </div>
  );
}

/** Makes or changes a mailbox. */
export function MailboxDialog({ mailbox, onClose }: { mailbox?: Mailbox; onClose: () => void }) {
  const { t } = useTranslation('intake');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [form] = Form.useForm<Values>();
  const fetches = Form.useWatch('fetches', form);
  const sends = Form.useWatch('sends', form);
  const save = useMutation({
    mutationFn: (values: Values) => {
      const body = {
        name: values.name,
        address: values.address,
        active: values.active,
        settings: {
          from_name: values.from_name?.trim() || null,
          kind: values.kind,
          imap: values.fetches ? values.imap : null,
          folder: values.folder || 'INBOX',
          smtp: values.sends ? values.smtp : null,
          password_env: values.password_env?.trim() || null,
        },
        ...(values.password ? { password: values.password } : {}),
      };
      return mailbox ? patch(`/mailboxes/${mailbox.id}`, body, { version: mailbox.version }) : post('/mailboxes', body);
    },
    onSuccess: () => {
      void message.success(t('common:saved'));
      void queries.invalidateQueries({ queryKey: ['service', 'mailboxes'] });
      onClose();
    },
  });
  const needed = [{ required: true, message: t('needed') }];
  const settings = mailbox?.settings;
  return (
    <Modal
      open
      width={640}
      title={t(mailbox ? 'mailbox.edit' : 'mailbox.new')}
      okText={t('common:action.save')}
      cancelText={t('common:action.cancel')}
      confirmLoading={save.isPending}
      onOk={() => form.submit()}
      onCancel={onClose}
    >
      {save.isError && <Alert type="error" showIcon title={messageOf(save.error)} />}
      <Form<Values>
        form={form}
        layout="vertical"
        onFinish={(values) => save.mutate(values)}
        initialValues={{
          name: mailbox?.name,
          address: mailbox?.address,
          active: mailbox?.active ?? true,
          from_name: settings?.from_name ?? '',
          kind: settings?.kind ?? 'question',
          fetches: mailbox ? !!settings?.imap : true,
          imap: settings?.imap ?? { port: 993, security: 'tls' },
          folder: settings?.folder ?? 'INBOX',
          sends: mailbox ? !!settings?.smtp : true,
          smtp: settings?.smtp ?? { port: 465, security: 'tls' },
          password_env: settings?.password_env ?? '',
        }}
      >
        <div className="intake-pair">
          <Form.Item name="name" label={t('name')} rules={needed}>
            <Input maxLength={60} />
          </Form.Item>
          <Form.Item name="address" label={t('mailbox.address')} rules={needed}>
            <Input maxLength={200} />
          </Form.Item>
          <Form.Item name="from_name" label={t('mailbox.from_name')}>
            <Input maxLength={80} />
          </Form.Item>
          <Form.Item name="kind" label={t('mailbox.kind')}>
            <Select options={KINDS.map((value) => ({ value, label: t(`desk:kind.${value}`) }))} />
          </Form.Item>
        </div>
        <Form.Item name="active" label={t('on')} valuePropName="checked">
          <Switch />
        </Form.Item>
        <Form.Item
          name="fetches"
          label={t('mailbox.fetches')}
          valuePropName="checked"
          extra={t('mailbox.fetches_note')}
        >
          <Switch />
        </Form.Item>
        {fetches && (
          <>
            <ServerFields place="imap" />
            <Form.Item name="folder" label={t('mailbox.folder')}>
              <Input maxLength={120} />
            </Form.Item>
          </>
        )}
        <Form.Item name="sends" label={t('mailbox.sends')} valuePropName="checked">
          <Switch />
        </Form.Item>
        {sends && <ServerFields place="smtp" />}
        <Form.Item
          name="password"
          label={t('mailbox.password')}
          extra={t(mailbox?.has_password ? 'mailbox.password_kept' : 'mailbox.password_note')}
        >
          <Input.Password autoComplete="new-password" maxLength={500} />
        </Form.Item>
        <Form.Item name="password_env" label={t('mailbox.password_env')} extra={t('mailbox.password_env_note')}>
          <Input placeholder="ZUNKE_MAIL_PASSWORD" maxLength={80} />
        </Form.Item>
      </Form>
    </Modal>
  );
}
