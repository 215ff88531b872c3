import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useSession } from '../../api/session';
import { currentLanguage } from '../../i18n';
import { count, moneyShort, money as moneyText } from '../../kit/format';
import { customersOf } from '../links';
import { depth, type HeatMeasure, highestOf, type RfmCell, SCORES, shade, sheet } from '../model/heat';

interface Props {
  cells: RfmCell[];
  /** One money score, or all together. */
  money: number | undefined;
  measure: HeatMeasure;
}

/** Recency across, frequency up. The picture is a table: each cell says its number and opens its customers. */
export function HeatMap({ cells, money, measure }: Props) {
  const { t } = useTranslation('tiers');
  const { organisation } = useSession();
  const places = useMemo(() => sheet(cells, money), [cells, money]);
  const highest = highestOf(places, measure);
  const at = new Map(places.map((place) => [`${place.r}${place.f}`, place]));
  const down = [...SCORES].reverse();
  return (
    <div className="heat-frame">
      <table className="heat">
        <caption className="visually-hidden">{t('rfm.title')}</caption>
        <thead>
          <tr>
            <td />
            {SCORES.map((r) => (
              <th key={r} scope="col">
                R{r}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {down.map((f) => (
            <tr key={f}>
              <th scope="row">F{f}</th>
              {SCORES.map((r) => {
                const place = at.get(`${r}${f}`);
                if (!place) return <td key={r} />;
                const deep = depth(place[measure], highest);
                const pattern = `${r}${f}${money ?? 'x'}`;
                const text =
                  measure === 'customers'
                    ? count(place.customers)
                    : moneyShort(place.revenue, organisation.currency, currentLanguage());
                return (
                  <td key={r}>
                    {place.customers > 0 ? (
                      <Link
                        to={customersOf({ rfm_group: pattern })}
                        className={`cell shade-${shade(deep)}`}
                        title={t('rfm.cell', {
                          r,
                          f,
                          customers: count(place.customers),
                          revenue: moneyText(place.revenue, organisation.currency),
                        })}
                      >
                        {text}
                      </Link>
                    ) : (
                      <span className="cell none">0</span>
                    )}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
      <div className="heat-axes" aria-hidden>
        <span className="heat-x">{t('rfm.x')}</span>
        <span className="heat-y">{t('rfm.y')}</span>
      </div>
    </div>
  );
}
