import { useQuery } from '@tanstack/react-query';
import { DatePicker } from 'antd';
import dayjs from 'dayjs';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get } from '../../api/client';
import { useSession } from '../../api/session';
import { said } from '../../i18n';
import { ErrorView } from '../../kit/ErrorView';
import { LevelBadge } from '../../kit/level';
import type { Words } from '../api';
import type { LevelFace } from '../explain';

interface Then {
  day: string;
  level: LevelFace | null;
  /** The day on which it was decided. */
  as_of?: string | null;
  version?: number | { number: number } | null;
  reason?: Words | null;
}

/** What level it was on a day, and why, as it was decided then. */
export function OnDay({ customerId }: { customerId: string }) {
  const { t } = useTranslation('tiers');
  const { today } = useSession();
  const [day, setDay] = useState<string>();
  const then = useQuery({
    queryKey: ['tiering', 'level', customerId, 'on', day],
    queryFn: ({ signal }) => get<Then>(`/customers/${customerId}/level/on`, { day }, signal),
    enabled: !!day,
  });
  const number = typeof then.data?.version === 'object' ? then.data.version?.number : then.data?.version;
  return (
    <section className="explained level-history">
      <h3>{t('life.on_day')}</h3>
      <div className="what-if">
        <DatePicker
          aria-label={t('life.on_day')}
          value={day ? dayjs(day) : null}
          maxDate={dayjs(today)}
          onChange={(value) => setDay(value ? value.format('YYYY-MM-DD') : undefined)}
        />
        {then.data && (
          <>
            <LevelBadge
              name={then.data.level ? said(then.data.level.name) : null}
              rank={then.data.level?.rank}
              colour={then.data.level?.colour}
            />
            {number != null && <span className="quiet">{t('versions.number', { n: number })}</span>}
          </>
        )}
      </div>
      {then.isError && <ErrorView error={then.error} />}
      {then.data && <p>{then.data.reason ? said(then.data.reason) : t('life.on_day_none')}</p>}
    </section>
  );
}
