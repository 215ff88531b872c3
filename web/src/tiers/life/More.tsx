import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { count } from '../../kit/format';

interface Props {
  pages: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };
  shown: number;
}

/** The next page of a list, where there is one. */
export function More({ pages, shown }: Props) {
  const { t } = useTranslation('kit');
  if (!pages.hasNextPage) return null;
  return (
    <div className="list-more">
      <Button onClick={() => void pages.fetchNextPage()} loading={pages.isFetchingNextPage}>
        {t('list.more')}
      </Button>
      <span className="quiet">{t('list.shown', { shown: count(shown) })}</span>
    </div>
  );
}
