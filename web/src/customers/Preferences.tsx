import { useQuery } from '@tanstack/react-query';
import { Skeleton } from 'antd';
import { useTranslation } from 'react-i18next';
import { get } from '../api/client';
import type { Schemas } from '../api/types';
import { ErrorView } from '../kit/ErrorView';
import { count, share } from '../kit/format';
import { DayText, Money } from '../kit/texts';

type Preferred = Schemas['Preferred'];

/** What the customer likes to buy, where and when: computed from his orders. Says nothing where there is no habit. */
export function Preferences({ customerId }: { customerId: string }) {
  const { t, i18n } = useTranslation('customers');
  const asked = useQuery({
    queryKey: ['customer', customerId, 'preferences'],
    queryFn: ({ signal }) => get<Schemas['Preferences']>(`/customers/${customerId}/preferences`, undefined, signal),
  });
  if (asked.isError) return <ErrorView error={asked.error} onRetry={() => asked.refetch()} />;
  if (!asked.data) return <Skeleton active paragraph={{ rows: 3 }} />;
  const found = asked.data;
  const ways = (items: Preferred[]) =>
    items
      .map(({ name, share: part }) => {
        const word = i18n.exists(`customers:channel.${name}`) ? t(`channel.${name}`) : name;
        return `${word} ${share(part, 0)}`;
      })
      .join(' · ');
  const lines = [
    found.typical_order && {
      label: t('preference.typical_order'),
      value: <Money value={found.typical_order} />,
    },
    found.typical_gap_days && {
      label: t('preference.rhythm'),
      value: (
        <>
          {t('preference.every', { count: found.typical_gap_days })}
          {found.next_expected && (
            <span className="quiet">
              {t('preference.next')} <DayText value={found.next_expected} />
            </span>
          )}
        </>
      ),
    },
    (found.part_of_day || found.weekend !== null) && {
      label: t('preference.when'),
      value: [
        found.weekend === true && t('preference.weekend'),
        found.weekend === false && t('preference.weekday'),
        found.part_of_day && t(`preference.part.${found.part_of_day}`),
      ]
        .filter(Boolean)
        .join(' · '),
    },
    found.channels.length > 0 && {
      label: t('preference.channel'),
      value: ways(found.channels),
    },
    found.contact_channels.length > 0 && {
      label: t('preference.contact'),
      value: ways(found.contact_channels),
    },
  ].filter((line) => !!line);
  const nothing = lines.length === 0 && found.categories.length === 0 && found.products.length === 0;
  return (
    <section className="preferences">
      <h3>
        {t('preference.title')} <span className="quiet">{t('preference.base', { n: count(found.orders) })}</span>
      </h3>
      {nothing && <p className="quiet">{t('preference.nothing')}</p>}
      <Bars label={t('preference.categories')} items={found.categories} by="share" />
      <Bars label={t('preference.products')} items={found.products} by="times" />
      <dl className="profile">
        {lines.map((line) => (
          <div key={line.label}>
            <dt>{line.label}</dt>
            <dd>{line.value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Bars({ label, items, by }: { label: string; items: Preferred[]; by: 'share' | 'times' }) {
  const { t } = useTranslation('customers');
  if (items.length === 0) return null;
  const most = Math.max(...items.map((one) => one.share));
  return (
    <div className="preference-bars">
      <div className="quiet">{label}</div>
      <ul>
        {items.map((one) => (
          <li key={one.name}>
            <span className="preference-name" title={one.name}>
              {one.name}
            </span>
            <span className="preference-share">
              {by === 'share' ? share(one.share, 0) : t('preference.times', { count: one.times })}
            </span>
            <span className="preference-bar" style={{ inlineSize: `${(one.share / most) * 100}%` }} />
          </li>
        ))}
      </ul>
    </div>
  );
}
