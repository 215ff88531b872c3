import { useQuery } from '@tanstack/react-query';
import { Alert, Skeleton, Tag } from 'antd';
import { useTranslation } from 'react-i18next';
import { get } from '../../api/client';
import { Empty } from '../../kit/Empty';
import { ErrorView } from '../../kit/ErrorView';
import { DayText, InstantText } from '../../kit/texts';
import { useRankName } from './LevelPick';

interface Kept {
  kept: number;
  due: number;
}

interface Fairness {
  lowest_rank: number | null;
  weeks: { from_day: string; levels: (Kept & { level_rank: number })[] }[];
  changes: { name: string; at: string; before: Kept; after: Kept; verdict: 'few' | 'fine' | 'worse' }[];
  alarm: boolean;
}

const percent = ({ kept, due }: Kept) => (due === 0 ? '–' : `${((kept / due) * 100).toFixed(1)}%`);

/** Whether ordinary customers got what they were promised, week by week and around each change of the standards. */
export default function FairnessTab() {
  const { t } = useTranslation('routing');
  const rank = useRankName();
  const fairness = useQuery({
    queryKey: ['service', 'fairness'],
    queryFn: ({ signal }) => get<Fairness>('/service/fairness', undefined, signal),
  });
  if (fairness.isError) return <ErrorView error={fairness.error} onRetry={() => fairness.refetch()} />;
  if (!fairness.data) return <Skeleton active />;
  const { weeks, changes, lowest_rank, alarm } = fairness.data;
  if (lowest_rank === null) return <Empty title={t('fairness.none')} note={t('fairness.none_note')} />;
  const ranks = [...new Set(weeks.flatMap((week) => week.levels.map((level) => level.level_rank)))].sort(
    (a, b) => b - a,
  );
  const worse = changes.find((change) => change.verdict === 'worse');
  return (
    <>
      {alarm && worse && (
        <Alert
          type="error"
          showIcon
          className="routing-alert"
          title={t('fairness.alarm')}
          description={t('fairness.alarm_note', {
            name: worse.name,
            day: worse.at.slice(0, 10),
            before: percent(worse.before),
            after: percent(worse.after),
          })}
        />
      )}
      {!alarm && changes.length > 0 && (
        <Alert type="success" showIcon className="routing-alert" title={t('fairness.fine')} />
      )}
      <section className="panel">
        <h2>{t('fairness.weeks', { n: weeks.length })}</h2>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a table that scrolls sideways must be reached by keyboard */}
        <section className="routing-scroll" aria-label={t('fairness.rate')} tabIndex={0}>
          <table className="routing-week">
            <thead>
              <tr>
                <th scope="col">{t('fairness.rate')}</th>
                {weeks.map((week) => (
                  <th scope="col" key={week.from_day}>
                    <DayText value={week.from_day} />
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {ranks.map((of) => (
                <tr key={of}>
                  <th scope="row">
                    {rank(of)} {of === lowest_rank && <Tag color="gold">{t('fairness.lowest')}</Tag>}
                  </th>
                  {weeks.map((week) => {
                    const level = week.levels.find((one) => one.level_rank === of);
                    return (
                      <td key={week.from_day}>
                        {level ? (
                          <>
                            {percent(level)}
                            <br />
                            <span className="quiet">{t('fairness.of', { kept: level.kept, all: level.due })}</span>
                          </>
                        ) : (
                          '–'
                        )}
                      </td>
                    );
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      </section>
      <section className="panel">
        <h2>{t('fairness.changes')}</h2>
        {changes.length === 0 && <p className="quiet">{t('fairness.no_change')}</p>}
        <ul className="routing-lines">
          {changes.map((change) => (
            <li key={`${change.name}-${change.at}`}>
              <span>
                <b>{change.name}</b>{' '}
                <span className="quiet">
                  <InstantText value={change.at} />
                </span>
              </span>
              <span>
                {t('fairness.before', { rate: percent(change.before), n: change.before.due })} →{' '}
                {t('fairness.after', { rate: percent(change.after), n: change.after.due })}{' '}
                {change.verdict === 'few' && <span className="quiet">{t('fairness.few')}</span>}
                {change.verdict === 'worse' && <Tag color="red">{t('fairness.alarm')}</Tag>}
              </span>
            </li>
          ))}
        </ul>
      </section>
    </>
  );
}
