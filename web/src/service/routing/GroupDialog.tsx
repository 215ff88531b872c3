import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Form, Input, InputNumber, Modal, Radio, Select, Switch } from 'antd';
import { useTranslation } from 'react-i18next';
import { patch, post } from '../../api/client';
import { messageOf } from '../../api/problem';
import { type Group, useSkills } from './api';
import { LevelsPick } from './LevelPick';

interface Values {
  name: string;
  levels: number[] | null;
  members: string[];
  pushes: boolean;
  overflow_id?: string | null;
  overflow_after_min?: number | null;
  archived: boolean;
}

/** Makes a group or changes one. */
export function GroupDialog({ group, groups, onClose }: { group?: Group; groups: Group[]; onClose: () => void }) {
  const { t } = useTranslation('routing');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const people = useSkills();
  const [form] = Form.useForm<Values>();
  const overflow = Form.useWatch('overflow_id', form);
  const save = useMutation({
    mutationFn: ({ archived, ...values }: Values) => {
      const body = {
        ...values,
        name: values.name.trim(),
        overflow_id: values.overflow_id ?? null,
        overflow_after_min: values.overflow_id ? (values.overflow_after_min ?? null) : null,
      };
      return group
        ? patch(`/service-groups/${group.id}`, { ...body, archived }, { version: group.version })
        : post('/service-groups', body);
    },
    onSuccess: () => {
      void message.success(t('common:saved'));
      void queries.invalidateQueries({ queryKey: ['service', 'groups'] });
      onClose();
    },
  });
  return (
    <Modal
      open
      title={group ? t('group.edit', { name: group.name }) : t('group.new')}
      okText={t('common:action.save')}
      cancelText={t('common:action.cancel')}
      confirmLoading={save.isPending}
      onOk={() => form.submit()}
      onCancel={onClose}
    >
      {save.isError && <Alert type="error" showIcon title={messageOf(save.error)} className="routing-alert" />}
      <Form<Values>
        form={form}
        layout="vertical"
        onFinish={(values) => save.mutate(values)}
        initialValues={{
          name: group?.name ?? '',
          levels: group?.levels ?? null,
          members: group?.members ?? [],
          pushes: group?.pushes ?? false,
          overflow_id: group?.overflow_id ?? undefined,
          overflow_after_min: group?.overflow_after_min ?? 15,
          archived: group?.archived ?? false,
        }}
      >
        <Form.Item
          name="name"
          label={t('group.name')}
          rules={[{ required: true, whitespace: true, message: t('group.name_needed') }]}
        >
          <Input maxLength={100} />
        </Form.Item>
        <Form.Item name="levels" label={t('group.levels')} extra={t('group.levels_note')}>
          <LevelsPick />
        </Form.Item>
        <Form.Item name="members" label={t('group.members_of')}>
          <Select
            mode="multiple"
            optionFilterProp="label"
            options={people.data?.items.map((one) => ({ value: one.staff_id, label: one.name })) ?? []}
          />
        </Form.Item>
        <Form.Item name="pushes" label={t('group.how')}>
          <Radio.Group
            options={[
              { value: false, label: t('group.pulls') },
              { value: true, label: t('group.pushes') },
            ]}
          />
        </Form.Item>
        <Form.Item name="overflow_id" label={t('group.overflow')} extra={t('group.overflow_note')}>
          <Select
            allowClear
            placeholder={t('group.no_overflow')}
            options={groups
              .filter((one) => one.id !== group?.id && !one.archived)
              .map((one) => ({ value: one.id, label: one.name }))}
          />
        </Form.Item>
        {overflow && (
          <Form.Item name="overflow_after_min" label={t('group.overflow_after')}>
            <InputNumber min={1} max={10080} precision={0} suffix={t('minutes')} />
          </Form.Item>
        )}
        <Form.Item
          name="archived"
          label={t('group.archive')}
          extra={t('group.archive_note')}
          valuePropName="checked"
          hidden={!group}
        >
          <Switch />
        </Form.Item>
      </Form>
    </Modal>
  );
}
