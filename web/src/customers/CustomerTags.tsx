import { TagsOutlined } from '@ant-design/icons';
import { useQueryClient } from '@tanstack/react-query';
import { App, Button, Popover } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { put } from '../api/client';
import { messageOf } from '../api/problem';
import { useCan } from '../api/session';
import type { Customer } from './api';
import { TagSelect } from './TagSelect';
import { TagRow } from './tags';

export function CustomerTags({ customer }: { customer: Customer }) {
  const { t } = useTranslation('customers');
  const { message } = App.useApp();
  const can = useCan();
  const queries = useQueryClient();
  const byHand = customer.tags.filter((tag) => tag.by_hand);
  const byRule = customer.tags.filter((tag) => tag.by_rule && !tag.by_hand);
  const [chosen, setChosen] = useState<string[]>([]);
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    try {
      await put(`/customers/${customer.id}/tags`, { tags: chosen });
      await queries.invalidateQueries({ queryKey: ['customer', customer.id] });
      void queries.invalidateQueries({ queryKey: ['list', '/customers'] });
      setOpen(false);
    } catch (error) {
      message.error(messageOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <TagRow tags={[...customer.value_classes, ...customer.tags]} most={8} />
      {can('edit_customers') && (
        <Popover
          trigger="click"
          placement="bottomLeft"
          open={open}
          onOpenChange={(now) => {
            if (now) setChosen(byHand.map((tag) => tag.id));
            setOpen(now);
          }}
          destroyOnHidden
          content={
            <div className="tag-edit">
              <TagSelect value={chosen} onChange={setChosen} autoFocus />
              {byRule.length > 0 && (
                <p className="quiet">{t('tag.rule_only', { names: byRule.map((tag) => tag.name).join('、') })}</p>
              )}
              <Button type="primary" loading={busy} onClick={save}>
                {t('common:action.save')}
              </Button>
            </div>
          }
        >
          <Button type="text" size="small" icon={<TagsOutlined />}>
            {t('tag.edit')}
          </Button>
        </Popover>
      )}
    </>
  );
}
