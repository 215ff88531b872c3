import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Form, Modal, Radio, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { get, post, type Query } from '../api/client';
import { messageOf } from '../api/problem';
import type { Schemas } from '../api/types';
import { count } from '../kit/format';
import { useCategories } from './api';
import { TagText } from './tags';
import { useUndoMove } from './useUndoMove';

interface Props {
  open: boolean;
  /** Who is selected; where nobody is, everybody whom the filters find. */
  ids: string[];
  query: Query;
  onClose: () => void;
  onDone: () => void;
}

interface Values {
  who: 'selected' | 'found';
  category: string;
}

/** Moves customers into a category: says how many before, and can be taken back after. */
export function BulkCategory({ open, ids, query, onClose, onDone }: Props) {
  const { t } = useTranslation('customers');
  const { message, notification } = App.useApp();
  const queries = useQueryClient();
  const [form] = Form.useForm<Values>();
  const categories = useCategories().data?.items ?? [];
  const undo = useUndoMove();
  const found = useQuery({
    queryKey: ['list', '/customers', 'bulk-count', query],
    queryFn: ({ signal }) => get<{ count: number }>('/customers/count', query, signal),
    enabled: open,
  });
  const change = useMutation({
    mutationFn: ({ who, category }: Values) =>
      post<Schemas['CategoryMoved']>('/customers/bulk/category', {
        ...(who === 'selected' ? { customers: ids } : { filter: asked(query) }),
        category_id: category === 'none' ? null : category,
      }),
    onSuccess: (moved) => {
      void queries.invalidateQueries({ queryKey: ['list', '/customers'] });
      void queries.invalidateQueries({ queryKey: ['categories'] });
      const done = moved.move;
      const left = moved.not_allowed > 0 ? t('bulk.not_allowed', { n: count(moved.not_allowed) }) : undefined;
      if (!done) {
        message.info(t('category.nobody'));
      } else {
        notification.success({
          key: done.id,
          title: t('category.moved', { n: count(done.customers) }),
          description: left,
          duration: 12,
          actions: (
            <Button
              size="small"
              onClick={() => {
                notification.destroy(done.id);
                undo.mutate(done.id);
              }}
            >
              {t('category.undo')}
            </Button>
          ),
        });
      }
      onDone();
    },
  });
  const who = Form.useWatch('who', form);
  const number = who === 'selected' ? ids.length : found.data?.count;
  return (
    <Modal
      open={open}
      onCancel={onClose}
      title={t('category.move_title')}
      okText={number === undefined ? t('category.move') : t('category.move_n', { n: count(number) })}
      okButtonProps={{ disabled: !number }}
      onOk={() => form.submit()}
      confirmLoading={change.isPending}
      afterOpenChange={(now) => {
        change.reset();
        if (now) form.setFieldsValue({ who: ids.length > 0 ? 'selected' : 'found' });
      }}
      destroyOnHidden
    >
      <Form form={form} layout="vertical" name="bulk-category" onFinish={(values) => change.mutate(values)}>
        {change.isError && <Alert type="error" showIcon title={messageOf(change.error)} style={{ marginBottom: 16 }} />}
        <Form.Item name="who" label={t('category.who')} initialValue={ids.length > 0 ? 'selected' : 'found'}>
          <Radio.Group
            className="choices"
            options={[
              ...(ids.length > 0 ? [{ value: 'selected', label: t('category.who_selected', { n: ids.length }) }] : []),
              { value: 'found', label: t('category.who_found', { n: found.data ? count(found.data.count) : '…' }) },
            ]}
          />
        </Form.Item>
        <Form.Item name="category" label={t('category.to')} rules={[{ required: true, message: t('category.choose') }]}>
          <Select
            placeholder={t('category.choose')}
            options={[
              ...categories.map((one) => ({ value: one.id, label: <TagText tag={one} /> })),
              { value: 'none', label: t('category.none') },
            ]}
          />
        </Form.Item>
      </Form>
    </Modal>
  );
}

/** The filters as a body takes them: numbers of orders and scores are numbers there. */
function asked(query: Query) {
  const numbers = ['orders_min', 'orders_max', 'score_min', 'score_max', 'potential_min'];
  return Object.fromEntries(
    Object.entries(query).map(([name, value]) => [name, numbers.includes(name) ? Number(value) : value]),
  );
}
