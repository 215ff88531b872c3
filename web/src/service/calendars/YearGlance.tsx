import { LeftOutlined, RightOutlined } from '@ant-design/icons';
import { Button, Skeleton } from 'antd';
import { useTranslation } from 'react-i18next';
import { ErrorView } from '../../kit/ErrorView';
import { type StoredCalendar, useYear, WEEKDAYS, type YearDay } from './api';

const MONTHS = Array.from({ length: 12 }, (_, month) => month);

/** Monday first: 0 … 6. */
const weekdayOf = (day: string) => (new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7;

/** A year of one calendar: which days are worked, and which are not as the week says. */
export function YearGlance({
  calendar,
  year,
  onYear,
}: {
  calendar: StoredCalendar;
  year: number;
  onYear: (year: number) => void;
}) {
  const { t } = useTranslation('calendars');
  const found = useYear(calendar, year);
  const months = new Map<number, YearDay[]>();
  for (const day of found.data?.days ?? []) {
    const month = Number(day.day.slice(5, 7)) - 1;
    months.set(month, [...(months.get(month) ?? []), day]);
  }
  const say = (day: YearDay) =>
    [day.day, day.name, day.hours.length > 0 ? day.hours.join(' ') : t('closed')].filter(Boolean).join(' · ');
  return (
    <section className="panel">
      <div className="calendars-year">
        <Button icon={<LeftOutlined />} aria-label={t('year.before')} onClick={() => onYear(year - 1)} />
        <h2>{year}</h2>
        <Button icon={<RightOutlined />} aria-label={t('year.after')} onClick={() => onYear(year + 1)} />
        {found.data && (
          <span className="quiet">
            {t('year.sum', {
              days: found.data.working_days,
              hours: Math.round(found.data.working_minutes / 60).toLocaleString(),
            })}
          </span>
        )}
      </div>
      {found.isError && <ErrorView error={found.error} onRetry={() => found.refetch()} />}
      {found.isPending && <Skeleton active />}
      <div className="calendars-months">
        {MONTHS.map((month) => {
          const days = months.get(month);
          if (!days?.[0]) return null;
          return (
            <div key={month} className="calendars-month">
              <h3>{t(`month.${month + 1}`)}</h3>
              <ol>
                {WEEKDAYS.map((weekday) => (
                  <li key={weekday} className="head" aria-hidden>
                    {t(`short.${weekday}`)}
                  </li>
                ))}
                {days.map((day, at) => {
                  const open = day.minutes > 0;
                  const mark = day.exception ? (open ? t('mark.open') : t('mark.closed')) : '';
                  return (
                    <li
                      key={day.day}
                      title={say(day)}
                      style={at === 0 ? { gridColumnStart: weekdayOf(day.day) + 1 } : undefined}
                      className={[open ? 'open' : 'closed', day.exception ? 'other' : ''].join(' ')}
                    >
                      {Number(day.day.slice(8))}
                      {mark && <sup>{mark}</sup>}
                    </li>
                  );
                })}
              </ol>
            </div>
          );
        })}
      </div>
      <p className="quiet calendars-legend">{t('legend')}</p>
    </section>
  );
}
