import { PlusOutlined } from '@ant-design/icons';
import { useQueryClient } from '@tanstack/react-query';
import { App, Button, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { post } from '../api/client';
import { messageOf } from '../api/problem';
import { useCan } from '../api/session';
import { type Tag, useTags } from './api';
import { TagText, tagColours } from './tags';

interface Props {
  value?: string[];
  onChange?: (ids: string[]) => void;
  id?: string;
  /** No new tags here. */
  fixed?: boolean;
  autoFocus?: boolean;
}

/** Choose tags; who may, makes a new one by typing its name. */
export function TagSelect({ value, onChange, id, fixed, autoFocus }: Props) {
  const { t } = useTranslation('customers');
  const { message } = App.useApp();
  const can = useCan();
  const queries = useQueryClient();
  const tags = useTags().data ?? [];
  const [typed, setTyped] = useState('');
  const isNew = typed.trim() !== '' && !tags.some((tag) => tag.name === typed.trim());
  const make = async () => {
    try {
      const tag = await post<Tag>('/tags', { name: typed.trim(), colour: tagColours[tags.length % tagColours.length] });
      await queries.invalidateQueries({ queryKey: ['tags'] });
      setTyped('');
      onChange?.([...(value ?? []), tag.id]);
    } catch (error) {
      message.error(messageOf(error));
    }
  };
  return (
    <Select
      id={id}
      mode="multiple"
      autoFocus={autoFocus}
      value={value}
      onChange={onChange}
      showSearch={{ optionFilterProp: 'name', onSearch: setTyped, searchValue: typed }}
      placeholder={fixed ? t('tag.choose') : t('tag.choose_or_make')}
      aria-label={t('column.tags')}
      options={tags.map((tag) => ({ value: tag.id, name: tag.name, label: <TagText tag={tag} /> }))}
      style={{ width: '100%' }}
      popupRender={(list) => (
        <>
          {list}
          {!fixed && isNew && can('manage_tags') && (
            <Button
              type="link"
              block
              icon={<PlusOutlined />}
              onMouseDown={(event) => event.preventDefault()}
              onClick={make}
            >
              {t('tag.make', { name: typed.trim() })}
            </Button>
          )}
        </>
      )}
    />
  );
}
