import { BulbOutlined } from '@ant-design/icons';
import { useTranslation } from 'react-i18next';
import { said } from '../../i18n';
import { share } from '../../kit/format';
import { LevelBadge } from '../../kit/level';
import type { Explanation } from '../explain';
import { Bar } from '../parts/Bar';

/** What is missing for the next level, and the cheapest way there. */
export function NextLevel({ next }: { next: NonNullable<Explanation['next']> }) {
  const { t } = useTranslation('tiers');
  return (
    <section className="next-level">
      <h3>
        {t('explain.next')}{' '}
        <LevelBadge name={said(next.level.name)} rank={next.level.rank} colour={next.level.colour} />
      </h3>
      <div className="next-progress">
        <Bar share={next.progress} tone="gold" />
        <span className="number">{share(next.progress, 0)}</span>
        <span className="visually-hidden">{t('explain.way_done')}</span>
      </div>
      {next.missing.length > 0 && (
        <ul className="missing">
          {next.missing.map((row) => (
            <li key={`${row.fact} ${row.threshold}`}>{said(row.text)}</li>
          ))}
        </ul>
      )}
      <p className="cheapest">
        <BulbOutlined aria-hidden />
        <span>
          <strong>{t('explain.cheapest')}</strong>
          {next.cheapest ? said(next.cheapest.text) : t('explain.no_way')}
        </span>
      </p>
    </section>
  );
}
