import { Select } from 'antd';
import { Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { useParams } from 'react-router';
import { useCan } from '../api/session';
import { said } from '../i18n';
import { ErrorView } from '../kit/ErrorView';
import { PageHeader } from '../kit/PageHeader';
import { useUrlState } from '../kit/useUrlState';
import { useOverview } from './api';
import { tiers } from './links';
import { AsOf } from './parts/AsOf';
import { TabLinks } from './parts/TabLinks';
import { GROUPS, isTab, TABS, type TabName, tabOf } from './tabs';
import { useChosen } from './useChosen';

/** The room of levels: two rows of tabs, so that a phone shows the whole first row. */
export default function TiersPage() {
  const { t } = useTranslation('tiers');
  const { tab } = useParams();
  const can = useCan();
  const [, change] = useUrlState();
  const { items: programmes, chosen, asked } = useChosen();
  const overview = useOverview(asked);
  const shown: TabName = isTab(tab) ? tab : 'overview';
  const { group, Page } = tabOf(shown);
  const open = (Object.keys(TABS) as TabName[]).filter((name) => {
    const { permission } = tabOf(name);
    return !permission || can(permission);
  });
  const address = (name: TabName) =>
    `${tiers(name === 'overview' ? undefined : name)}${asked ? `?programme=${asked}` : ''}`;
  const groups = GROUPS.flatMap((key) => {
    const first = open.find((name) => tabOf(name).group === key);
    return first ? [{ key, to: address(first), label: t(`group.${key}`) }] : [];
  });
  const siblings = open.filter((name) => tabOf(name).group === group);
  return (
    <div className="tiers">
      <PageHeader
        title={t('title')}
        extra={
          <>
            {programmes.length > 1 && (
              <Select
                className="programme-switch"
                aria-label={t('programme.which')}
                value={chosen?.id ?? null}
                options={programmes.map((each) => ({
                  value: each.id,
                  label: each.is_primary ? t('programme.primary_named', { name: said(each.name) }) : said(each.name),
                }))}
                onChange={(id) =>
                  change({ programme: programmes.find((each) => each.id === id)?.is_primary ? null : id })
                }
              />
            )}
            <AsOf asOf={overview.data?.as_of} evaluatedAt={overview.data?.evaluated_at} />
          </>
        }
      />
      <TabLinks label={t('title')} items={groups} current={group} />
      {siblings.length > 1 && (
        <div className="tab-second">
          <TabLinks
            small
            label={t(`group.${group}`)}
            current={shown}
            items={siblings.map((name) => ({ key: name, to: address(name), label: t(`tab.${name}`) }))}
          />
        </div>
      )}
      <Suspense fallback={null}>
        {open.includes(shown) ? <Page key={chosen?.id} /> : <ErrorView text={t('common:error.forbidden')} />}
      </Suspense>
    </div>
  );
}
