import { useTranslation } from 'react-i18next';
import { tagColours } from './tags';

/** One of a few colours; a colour from elsewhere stays among them. */
export function ColourChoice({
  value,
  onChange,
  id,
}: {
  value?: string;
  onChange?: (colour: string) => void;
  id?: string;
}) {
  const { t } = useTranslation('customers');
  const all = value && !tagColours.includes(value) ? [value, ...tagColours] : tagColours;
  return (
    <div className="colours" role="radiogroup" aria-label={t('tag.colour')} id={id}>
      {all.map((colour, at) => (
        // biome-ignore lint/a11y/useSemanticElements: a swatch is drawn, not a circle
        <button
          key={colour}
          type="button"
          role="radio"
          aria-checked={colour === value}
          aria-label={t('tag.colour_n', { n: at + 1 })}
          style={{ background: colour }}
          onClick={() => onChange?.(colour)}
        />
      ))}
    </div>
  );
}
