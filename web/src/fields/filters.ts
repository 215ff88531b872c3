import { said } from '../i18n';
import type { Filter } from '../kit/FilterBar';
import type { UrlState } from '../kit/useUrlState';
import { filterKey, type OwnField } from './model';

/** More of them would push the list off the page; the rest can be asked in a segment. */
const MOST = 12;

/** The filters that own fields add to the bar of a list. */
export function ownFilters(
  fields: OwnField[],
  t: (key: string) => string,
  staff: { id: string; name: string }[],
  state: UrlState,
): Filter[] {
  const used = (field: OwnField) =>
    [filterKey(field), filterKey(field, 'from'), filterKey(field, 'to')].some((key) => state[key]);
  const shown = (field: OwnField, at: number) => at < MOST || used(field);
  return fields.filter(shown).map((field): Filter => {
    const label = said(field.label);
    const [key, from, to] = [filterKey(field), filterKey(field, 'from'), filterKey(field, 'to')];
    switch (field.kind) {
      case 'number':
        return { kind: 'numbers', label, from, to };
      case 'money':
        return { kind: 'numbers', label, from, to };
      case 'date':
        return { kind: 'days', label, from, to };
      case 'text':
        return { kind: 'words', key, label };
      case 'yes_no':
        return {
          kind: 'choice',
          key,
          label,
          choices: [
            { value: 'yes', label: t('common:yes') },
            { value: 'no', label: t('common:no') },
          ],
        };
      case 'person':
        return {
          kind: 'choice',
          key,
          label,
          multiple: true,
          choices: staff.map((one) => ({ value: one.id, label: one.name })),
        };
      default:
        return {
          kind: 'choice',
          key,
          label,
          multiple: true,
          choices: field.choices.map((choice) => ({
            value: choice.id,
            label: choice.retired ? `${said(choice.label)} ×` : said(choice.label),
            text: said(choice.label),
          })),
        };
    }
  });
}
