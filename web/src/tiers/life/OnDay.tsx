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
import { DayText } from '../../kit/texts';
import type { Words } from '../api';
import type { LevelFace } from '../explain';

interface Then {
  day: string;
  level: LevelFace | null;
  /** The decision that led there, as it was stored; none before the first. */
  decision: { as_of: string; reason: Words } | null;
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
            {then.data.decision && (
              <span className="quiet">
                {t('life.decided_on')} <DayText value={then.data.decision.as_of} />
              </span>
            )}
          </>
        )}
      </div>
      {then.isError && <ErrorView error={then.error} />}
      {then.data && <p>{then.data.decision ? said(then.data.decision.reason) : t('life.on_day_none')}</p>}
    </section>
  );
}
