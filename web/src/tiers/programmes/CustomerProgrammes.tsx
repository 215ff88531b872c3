import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { get, type Page } from '../../api/client';
import { said } from '../../i18n';
import { LevelBadge } from '../../kit/level';
import { DayText } from '../../kit/texts';
import type { Words } from '../api';
import type { LevelFace } from '../explain';
import { Panel } from '../parts/Panel';

interface Line {
  programme_id: string;
  name: Words;
  is_primary: boolean;
  level: LevelFace | null;
  since: string | null;
}

/** A customer's level in each programme, where there are several. */
export function CustomerProgrammes({ customerId }: { customerId: string }) {
  const { t } = useTranslation('tiers');
  const { data } = useQuery({
    queryKey: ['tiering', 'customer-programmes', customerId],
    queryFn: ({ signal }) => get<Page<Line>>(`/customers/${customerId}/programmes`, undefined, signal),
  });
  if (!data || data.items.length < 2) return null;
  return (
    <Panel title={t('programme.of_customer')}>
      <ul className="tier-lines">
        {data.items.map((line) => (
          <li key={line.programme_id}>
            <div className="line-head">
              <span>{said(line.name)}</span>
              {line.level ? (
                <LevelBadge name={said(line.level.name)} rank={line.level.rank} colour={line.level.colour} />
              ) : (
                <span className="quiet">{t('base.none')}</span>
              )}
              <span className="when">
                <DayText value={line.since} />
              </span>
            </div>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
