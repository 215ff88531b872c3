import { useTranslation } from 'react-i18next';
import { said } from '../../i18n';
import type { DimensionRow, IndicatorRow } from '../explain';
import { sayValue } from '../model/say';
import { Bar } from '../parts/Bar';
import { useVoice } from '../useVoice';

/** Every number behind a score: value, band, points, weight, and where more points begin. */
export function DimensionTable({ dimensions }: { dimensions: DimensionRow[] }) {
  const { t } = useTranslation('tiers');
  return (
    <div className="dimensions">
      {dimensions.map((row) => (
        <details key={row.id} className={row.effective_weight > 0 ? undefined : 'out'} open={row.effective_weight > 0}>
          <summary>
            <span className="dimension-name">{said(row.name)}</span>
            {row.effective_weight > 0 ? (
              <>
                <Bar share={row.points / 100} />
                <span className="number dimension-sum">
                  {t('explain.contribution', {
                    points: row.points.toFixed(1),
                    weight: trim(row.effective_weight),
                    sum: row.contribution.toFixed(1),
                  })}
                </span>
              </>
            ) : (
              <span className="quiet">{t(row.no_data ? 'explain.no_data' : 'explain.zero_weight')}</span>
            )}
          </summary>
          {!row.no_data && (
            // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
            <section className="scroll-x" tabIndex={0} aria-label={said(row.name)}>
              <table>
                <thead>
                  <tr>
                    <th scope="col">{t('explain.indicator')}</th>
                    <th scope="col">{t('explain.value')}</th>
                    <th scope="col">{t('explain.band')}</th>
                    <th scope="col" className="right">
                      {t('explain.points')}
                    </th>
                    <th scope="col" className="right">
                      {t('explain.weight')}
                    </th>
                    <th scope="col">{t('explain.threshold')}</th>
                  </tr>
                </thead>
                <tbody>
                  {row.indicators.map((indicator) => (
                    <Row key={indicator.id} row={indicator} />
                  ))}
                </tbody>
              </table>
            </section>
          )}
        </details>
      ))}
    </div>
  );
}

function Row({ row }: { row: IndicatorRow }) {
  const { t } = useTranslation('tiers');
  const voice = useVoice();
  return (
    <tr>
      <th scope="row">{said(row.name)}</th>
      <td className="number">{sayValue(voice, row.unit, row.value)}</td>
      <td>{row.band ? t('explain.band_of', { n: row.band.number, of: row.band.of }) : '–'}</td>
      <td className="right number">{trim(row.points)}</td>
      <td className="right number">{trim(row.weight)}%</td>
      <td className="number">
        {row.threshold === null ? t('explain.full') : sayValue(voice, row.unit, row.threshold)}
      </td>
    </tr>
  );
}

const trim = (value: number): string => String(Math.round(value * 10) / 10);
