import type { CSSProperties } from 'react';
import { useTranslation } from 'react-i18next';
import type { Tag } from './api';

/** Colours to choose from for a tag; the name carries the meaning. */
export const tagColours = ['#5b7f95', '#b88a3a', '#6d8b5e', '#a9583e', '#8a78a8', '#47536b', '#7a2e4d', '#1f5f4a'];

export function TagText({ tag }: { tag: Tag & { by_rule?: boolean; by_hand?: boolean } }) {
  const { t } = useTranslation('customers');
  return (
    <span
      className="tag"
      title={tag.by_rule && !tag.by_hand ? t('tag.rule_mark') : undefined}
      style={{ '--tag': tag.colour || '#5b7f95' } as CSSProperties}
    >
      {tag.name}
    </span>
  );
}

/** The first few tags in a row, the rest as a number. */
export function TagRow({ tags, most = 3 }: { tags: Tag[]; most?: number }) {
  if (tags.length === 0) return null;
  return (
    <span className="tags">
      {tags.slice(0, most).map((tag) => (
        <TagText key={tag.id} tag={tag} />
      ))}
      {tags.length > most && <span className="quiet">+{tags.length - most}</span>}
    </span>
  );
}
