import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, DatePicker, Drawer, Form, Grid, Input, Select, Skeleton } from 'antd';
import dayjs, { type Dayjs } from 'dayjs';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { post, put, remove } from '../api/client';
import { messageOf, Problem } from '../api/problem';
import { useStaff } from '../customers/api';
import { Empty } from '../kit/Empty';
import { ErrorView } from '../kit/ErrorView';
import { type Group, useGroups, useRoles } from './api';

/** Groups of staff: what they add and take away, and who belongs to them until when. */
export function Groups() {
  const { t } = useTranslation('roles');
  const groups = useGroups();
  const staff = useStaff().data ?? [];
  const [open, setOpen] = useState<Group | 'new'>();
  if (groups.isError) return <ErrorView error={groups.error} onRetry={() => groups.refetch()} />;
  if (!groups.data) return <Skeleton active />;
  const nameOf = (id: string) => staff.find((one) => one.id === id)?.name ?? '–';
  return (
    <>
      <div className="role-head">
        <p className="quiet">{t('group.note')}</p>
        <Button type="primary" icon={<PlusOutlined />} onClick={() => setOpen('new')}>
          {t('group.new')}
        </Button>
      </div>
      {groups.data.length === 0 && <Empty title={t('group.empty')} />}
      <ul className="group-list">
        {groups.data.map((group) => (
          <li key={group.id}>
            <button type="button" className="group-line" onClick={() => setOpen(group)}>
              <b>{group.name}</b>
              <span>{group.members.map((one) => nameOf(one.staff_id)).join('、') || t('group.nobody')}</span>
              <span className="quiet">
                {[
                  group.allow.length && t('group.adds', { count: group.allow.length }),
                  group.deny.length && t('group.takes', { count: group.deny.length }),
                ]
                  .filter(Boolean)
                  .join(' · ')}
              </span>
            </button>
          </li>
        ))}
      </ul>
      {open && <GroupDrawer group={open === 'new' ? undefined : open} onClose={() => setOpen(undefined)} />}
    </>
  );
}

interface Values {
  name: string;
  allow: string[];
  deny: string[];
  members: { staff_id?: string; from?: Dayjs; until?: Dayjs | null }[];
}

const day = (value: Dayjs) => value.format('YYYY-MM-DD');

function GroupDrawer({ group, onClose }: { group?: Group; onClose: () => void }) {
  const { t } = useTranslation('roles');
  const phone = !Grid.useBreakpoint().md;
  const { message, modal } = App.useApp();
  const queries = useQueryClient();
  const staff = useStaff().data ?? [];
  const all = useRoles().data?.items.find((one) => one.key === 'administrator')?.permissions ?? [];
  const [form] = Form.useForm<Values>();
  const done = () => {
    void queries.invalidateQueries({ queryKey: ['staff-groups'] });
    void queries.invalidateQueries({ queryKey: ['session'] });
    onClose();
  };
  const save = useMutation({
    mutationFn: (values: Values) => {
      const body = {
        name: values.name.trim(),
        allow: values.allow ?? [],
        deny: values.deny ?? [],
        members: (values.members ?? []).map((one) => ({
          staff_id: one.staff_id,
          from: one.from && day(one.from),
          until: one.until ? day(one.until) : null,
        })),
      };
      return group
        ? put<Group>(`/staff-groups/${group.id}`, body, { version: group.version })
        : post<Group>('/staff-groups', body);
    },
    onSuccess: () => {
      void message.success(t('common:saved'));
      done();
    },
    onError: (error) => {
      if (!(error instanceof Problem)) return;
      form.setFields(
        Object.entries(error.fields).map(([path, text]) => ({
          name: path
            .split(/[.[\]]+/)
            .filter(Boolean)
            .map((part) => (/^\d+$/.test(part) ? Number(part) : part)) as never,
          errors: [text],
        })),
      );
    },
  });
  const drop = () =>
    group &&
    modal.confirm({
      title: t('group.delete_question', { name: group.name }),
      content: t('group.delete_note'),
      onOk: async () => {
        try {
          await remove(`/staff-groups/${group.id}`);
          done();
        } catch (error) {
          void message.error(messageOf(error));
        }
      },
    });
  const other = save.error && !(save.error instanceof Problem && Object.keys(save.error.fields).length > 0);
  const options = all.map((word) => ({ value: word, label: t(`hooks:permission.${word}`) }));
  const people = staff.filter((one) => one.active).map((one) => ({ value: one.id, label: one.name }));
  return (
    <Drawer
      open
      onClose={onClose}
      size={phone ? '100%' : 560}
      title={group?.name ?? t('group.new')}
      footer={
        <div className="drawer-foot">
          {group && (
            <Button danger onClick={drop} style={{ marginRight: 'auto' }}>
              {t('delete')}
            </Button>
          )}
          <Button onClick={onClose}>{t('common:action.cancel')}</Button>
          <Button type="primary" loading={save.isPending} onClick={() => form.submit()}>
            {t('common:action.save')}
          </Button>
        </div>
      }
    >
      <Form
        form={form}
        layout="vertical"
        name="group"
        requiredMark={false}
        onFinish={(values) => save.mutate(values)}
        initialValues={{
          name: group?.name ?? '',
          allow: group?.allow ?? [],
          deny: group?.deny ?? [],
          members: (group?.members ?? []).map((one) => ({
            staff_id: one.staff_id,
            from: dayjs(one.from),
            until: one.until ? dayjs(one.until) : null,
          })),
        }}
      >
        {other && <Alert type="error" showIcon title={messageOf(save.error)} style={{ marginBottom: 16 }} />}
        <Form.Item
          name="name"
          label={t('group.name')}
          rules={[{ required: true, whitespace: true, message: t('settings:needed') }]}
        >
          <Input maxLength={60} autoFocus={!group} placeholder={t('group.name_example')} />
        </Form.Item>
        <Form.Item name="allow" label={t('group.allow')}>
          <Select mode="multiple" allowClear options={options} showSearch={{ optionFilterProp: 'label' }} />
        </Form.Item>
        <Form.Item name="deny" label={t('group.deny')} extra={t('group.deny_note')}>
          <Select mode="multiple" allowClear options={options} showSearch={{ optionFilterProp: 'label' }} />
        </Form.Item>
        <h3>{t('group.members')}</h3>
        <p className="quiet">{t('group.members_note')}</p>
        <Form.List name="members">
          {(rows, { add, remove: take }) => (
            <>
              {rows.map((row) => (
                <div key={row.key} className="group-member">
                  <Form.Item
                    name={[row.name, 'staff_id']}
                    rules={[{ required: true, message: t('settings:needed') }]}
                    className="group-who"
                  >
                    <Select
                      options={people}
                      showSearch={{ optionFilterProp: 'label' }}
                      placeholder={t('group.who')}
                      aria-label={t('group.who')}
                    />
                  </Form.Item>
                  <Form.Item name={[row.name, 'from']} rules={[{ required: true, message: t('settings:needed') }]}>
                    <DatePicker placeholder={t('group.from')} aria-label={t('group.from')} />
                  </Form.Item>
                  <Form.Item name={[row.name, 'until']}>
                    <DatePicker placeholder={t('group.until')} aria-label={t('group.until')} />
                  </Form.Item>
                  <Button
                    type="text"
                    icon={<DeleteOutlined />}
                    aria-label={t('group.remove')}
                    onClick={() => take(row.name)}
                  />
                </div>
              ))}
              <Button icon={<PlusOutlined />} onClick={() => add({ from: dayjs() })}>
                {t('group.add')}
              </Button>
            </>
          )}
        </Form.List>
      </Form>
    </Drawer>
  );
}
