import { ArrowDownOutlined, ArrowUpOutlined, DeleteOutlined, EditOutlined, PlusOutlined } from '@ant-design/icons';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Form, Input, Modal, Skeleton } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { get, patch, post, put, remove } from '../api/client';
import { messageOf } from '../api/problem';
import { useCan } from '../api/session';
import { Empty } from '../kit/Empty';
import { ErrorView } from '../kit/ErrorView';
import { count } from '../kit/format';
import { RelativeTime } from '../kit/texts';
import { type Category, type CategoryMove, useCategories, useStaff } from './api';
import { ColourChoice } from './ColourChoice';
import { TagText, tagColours } from './tags';
import { useUndoMove } from './useUndoMove';

/** The categories that customers are moved between by hand, in the order of the house, and the latest moves. */
export function Categories() {
  const { t } = useTranslation('customers');
  const can = useCan();
  const { message, modal } = App.useApp();
  const queries = useQueryClient();
  const list = useCategories();
  const [editing, setEditing] = useState<Category | 'new'>();
  const items = list.data?.items ?? [];
  const refresh = () => queries.invalidateQueries({ queryKey: ['categories'] });
  const move = async (from: number, to: number) => {
    const ids = items.map((one) => one.id);
    ids.splice(to, 0, ...ids.splice(from, 1));
    try {
      await put('/categories/order', { ids });
    } catch (error) {
      message.error(messageOf(error));
    }
    await refresh();
  };
  const drop = (one: Category) =>
    modal.confirm({
      title: t('category.delete_question', { name: one.name }),
      content: t('category.delete_note', { n: count(one.customers ?? 0) }),
      okButtonProps: { danger: true },
      okText: t('common:action.delete'),
      onOk: async () => {
        try {
          await remove(`/categories/${one.id}`);
          await refresh();
        } catch (error) {
          message.error(messageOf(error));
        }
      },
    });
  const make = can('manage_tags') && (
    <Button type="primary" icon={<PlusOutlined />} onClick={() => setEditing('new')}>
      {t('category.new')}
    </Button>
  );
  return (
    <>
      <section className="panel tag-panel">
        <div className="panel-head">
          <p className="quiet">{t('category.note')}</p>
          {items.length > 0 && make}
        </div>
        {list.isPending && <Skeleton active />}
        {list.isError && <ErrorView error={list.error} onRetry={() => list.refetch()} />}
        {list.data && items.length === 0 && (
          <Empty title={t('category.empty')} note={t('category.empty_note')} action={make} />
        )}
        <ul className="tag-list">
          {items.map((one, at) => (
            <li key={one.id}>
              <div className="tag-line">
                <Link to={`/customers?category=${one.id}`}>
                  <TagText tag={one} />
                </Link>
                <Link to={`/customers?category=${one.id}`} className="number">
                  {t('count', { n: count(one.customers ?? 0) })}
                </Link>
                {can('manage_tags') && (
                  <span className="tag-acts">
                    <Button
                      type="text"
                      icon={<ArrowUpOutlined />}
                      disabled={at === 0}
                      aria-label={t('category.up', { name: one.name })}
                      onClick={() => move(at, at - 1)}
                    />
                    <Button
                      type="text"
                      icon={<ArrowDownOutlined />}
                      disabled={at === items.length - 1}
                      aria-label={t('category.down', { name: one.name })}
                      onClick={() => move(at, at + 1)}
                    />
                    <Button
                      type="text"
                      icon={<EditOutlined />}
                      aria-label={t('segment.edit_name', { name: one.name })}
                      onClick={() => setEditing(one)}
                    />
                    <Button
                      type="text"
                      icon={<DeleteOutlined />}
                      aria-label={t('segment.delete_name', { name: one.name })}
                      onClick={() => drop(one)}
                    />
                  </span>
                )}
              </div>
            </li>
          ))}
          {items.length > 0 && (
            <li>
              <div className="tag-line">
                <Link to="/customers?category=none">{t('category.none')}</Link>
                <Link to="/customers?category=none" className="number">
                  {t('count', { n: count(list.data?.without ?? 0) })}
                </Link>
              </div>
            </li>
          )}
        </ul>
      </section>
      {can('edit_customers') && <Moves items={items} />}
      <CategoryForm editing={editing} onClose={() => setEditing(undefined)} />
    </>
  );
}

function Moves({ items }: { items: Category[] }) {
  const { t } = useTranslation('customers');
  const undo = useUndoMove();
  const staff = useStaff().data;
  const moves = useQuery({
    queryKey: ['categories', 'moves'],
    queryFn: ({ signal }) => get<{ items: CategoryMove[] }>('/category-moves', undefined, signal),
  });
  if (!moves.data?.items.length) return null;
  const name = (move: CategoryMove) =>
    items.find((one) => one.id === move.category_id)?.name ?? (move.category_id ? '–' : t('category.none'));
  return (
    <section className="panel tag-panel">
      <h2>{t('category.moves')}</h2>
      <ul className="tag-list">
        {moves.data.items.map((move) => (
          <li key={move.id}>
            <div className="tag-line">
              <span>{t('category.move_line', { n: count(move.customers), to: name(move) })}</span>
              <span className="quiet">
                {staff?.find((one) => one.id === move.staff_id)?.name} <RelativeTime value={move.moved_at} />
              </span>
              <span className="tag-acts">
                {move.undone_at ? (
                  <span className="quiet">{t('category.undone')}</span>
                ) : (
                  <Button
                    type="link"
                    loading={undo.isPending && undo.variables === move.id}
                    onClick={() => undo.mutate(move.id)}
                  >
                    {t('category.undo')}
                  </Button>
                )}
              </span>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

function CategoryForm({ editing, onClose }: { editing: Category | 'new' | undefined; onClose: () => void }) {
  const { t } = useTranslation('customers');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [form] = Form.useForm<{ name: string; colour: string }>();
  const old = typeof editing === 'object' ? editing : undefined;
  const save = useMutation({
    mutationFn: (values: { name: string; colour: string }) =>
      old ? patch(`/categories/${old.id}`, values, { version: old.version }) : post('/categories', values),
    onSuccess: () => {
      message.success(t('common:saved'));
      void queries.invalidateQueries({ queryKey: ['categories'] });
      onClose();
    },
  });
  return (
    <Modal
      open={!!editing}
      onCancel={onClose}
      title={old ? t('category.edit') : t('category.new')}
      okText={t('common:action.save')}
      onOk={() => form.submit()}
      confirmLoading={save.isPending}
      afterOpenChange={(now) => {
        save.reset();
        if (now) form.setFieldsValue({ name: old?.name ?? '', colour: old?.colour ?? tagColours[0] });
      }}
      forceRender
    >
      <Form
        form={form}
        layout="vertical"
        name="category"
        onFinish={(values) => save.mutate(values)}
        requiredMark={false}
      >
        {save.isError && <Alert type="error" showIcon title={messageOf(save.error)} style={{ marginBottom: 16 }} />}
        <Form.Item
          name="name"
          label={t('tag.name')}
          rules={[{ required: true, whitespace: true, message: t('segment.name_needed') }]}
        >
          <Input maxLength={40} placeholder={t('category.name_hint')} />
        </Form.Item>
        <Form.Item name="colour" label={t('tag.colour')}>
          <ColourChoice />
        </Form.Item>
      </Form>
    </Modal>
  );
}
