import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useSession } from '../api/session';
import { said } from '../i18n';
import type { Voice } from './model/say';

/** The words, currency and language in which this page speaks. */
export function useVoice(): Voice {
  const { t, i18n } = useTranslation('tiers');
  const { organisation } = useSession();
  // biome-ignore lint/correctness/useExhaustiveDependencies: a change of language changes what `said` says
  return useMemo(() => ({ t, currency: organisation.currency, said }), [t, organisation.currency, i18n.language]);
}
