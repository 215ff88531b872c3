import { DeleteOutlined, EditOutlined, PlusOutlined } from '@ant-design/icons';
import { useQueryClient } from '@tanstack/react-query';
import { App, Button, Tag as Mark, Skeleton, Tooltip } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useParams } from 'react-router';
import { remove } from '../api/client';
import { messageOf } from '../api/problem';
import { useCan } from '../api/session';
import { said } from '../i18n';
import { Empty } from '../kit/Empty';
import { ErrorView } from '../kit/ErrorView';
import { count } from '../kit/format';
import { PageHeader } from '../kit/PageHeader';
import { TabLinks } from '../tiers/parts/TabLinks';
import { type RuledTag, useTags, useValueClasses } from './api';
import { Categories } from './Categories';
import { type Kind, TagForm } from './TagForm';
import { TagText } from './tags';
import './customers.css';

const tabs = ['tags', 'classes', 'categories'] as const;

/** Tags, value classes and categories: three ways to sort customers, by rule, by figures and by hand. */
export default function TagsPage() {
  const { t } = useTranslation('customers');
  const { tab } = useParams();
  const here = tabs.find((one) => one === tab) ?? 'tags';
  return (
    <>
      <PageHeader title={t('common:page.tags')} />
      <TabLinks
        label={t('common:page.tags')}
        current={here}
        items={tabs.map((key) => ({ key, to: `/customers/tags/${key}`, label: t(`tags.${key}`) }))}
      />
      {here === 'tags' && <TagList kind="tag" />}
      {here === 'classes' && <TagList kind="value_class" />}
      {here === 'categories' && <Categories />}
    </>
  );
}

function TagList({ kind }: { kind: Kind }) {
  const { t } = useTranslation('customers');
  const can = useCan();
  const tags = useTags(kind === 'tag');
  const classes = useValueClasses(kind === 'value_class');
  const list = kind === 'tag' ? tags : classes;
  const [editing, setEditing] = useState<RuledTag | Kind>();
  const word = kind === 'tag' ? 'tag' : 'class';
  const make = can('manage_tags') && (
    <Button type="primary" icon={<PlusOutlined />} onClick={() => setEditing(kind)}>
      {t(`${word}.new`)}
    </Button>
  );
  return (
    <section className="panel tag-panel">
      <div className="panel-head">
        <p className="quiet">{t(`${word}.note`)}</p>
        {!!list.data?.length && make}
      </div>
      {list.isPending && <Skeleton active />}
      {list.isError && <ErrorView error={list.error} onRetry={() => list.refetch()} />}
      {list.data?.length === 0 && <Empty title={t(`${word}.empty`)} note={t(`${word}.empty_note`)} action={make} />}
      <ul className="tag-list">
        {list.data?.map((tag) => (
          <TagLine key={tag.id} tag={tag} onEdit={() => setEditing(tag)} />
        ))}
      </ul>
      <TagForm editing={editing} onClose={() => setEditing(undefined)} />
    </section>
  );
}

function TagLine({ tag, onEdit }: { tag: RuledTag; onEdit: () => void }) {
  const { t } = useTranslation('customers');
  const can = useCan();
  const { message, modal } = App.useApp();
  const queries = useQueryClient();
  const drop = () =>
    modal.confirm({
      title: t('tag.delete_question', { name: tag.name }),
      content: t('tag.delete_note', { n: count(tag.customers ?? 0) }),
      okButtonProps: { danger: true },
      okText: t('common:action.delete'),
      onOk: async () => {
        try {
          await remove(`/tags/${tag.id}`);
          await queries.invalidateQueries({ queryKey: ['tags'] });
        } catch (error) {
          message.error(messageOf(error));
        }
      },
    });
  return (
    <li>
      <div className="tag-line">
        <Link to={`/customers?tag=${tag.id}`}>
          <TagText tag={tag} />
        </Link>
        <Link to={`/customers?tag=${tag.id}`} className="number">
          {t('count', { n: count(tag.customers ?? 0) })}
        </Link>
        {tag.rule?.state === 'waiting' && <Mark>{t('tag.waiting')}</Mark>}
        {tag.rule?.state === 'stale' && (
          <Tooltip title={said(tag.rule.error) || t('tag.stale_note')}>
            <Mark color="warning">{t('tag.stale')}</Mark>
          </Tooltip>
        )}
        {can('manage_tags') && (
          <span className="tag-acts">
            <Button
              type="text"
              icon={<EditOutlined />}
              aria-label={t('segment.edit_name', { name: tag.name })}
              onClick={onEdit}
            />
            <Button
              type="text"
              icon={<DeleteOutlined />}
              aria-label={t('segment.delete_name', { name: tag.name })}
              onClick={drop}
            />
          </span>
        )}
      </div>
      <p className="quiet tag-rule">{tag.sentence ? said(tag.sentence) : t('tag.by_hand')}</p>
    </li>
  );
}
