import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get } from '../api/client';
import type { Options } from '../kit/ConditionEditor';
import type { Catalogue } from '../kit/condition';
import { useLevels } from '../kit/useLevels';
import { useCategories, useDepartments, useSegments, useStaff, useTags, useValueClasses } from './api';

/** What conditions may speak of, and the choices of each field; `except`: the segment or tag that is being edited. */
export function useConditions(enabled: boolean, except?: string) {
  const { t } = useTranslation('customers');
  const catalogue = useQuery({
    queryKey: ['conditions', 'fields'],
    queryFn: ({ signal }) => get<Catalogue>('/conditions/fields', undefined, signal),
    staleTime: 10 * 60_000,
    enabled,
  });
  const { levels } = useLevels();
  const tags = useTags().data;
  const classes = useValueClasses().data;
  const categories = useCategories().data;
  const staff = useStaff().data;
  const departments = useDepartments().data;
  const segments = useSegments().data;
  const options = useMemo<Options>(() => {
    const named = (items: { id: string; name: string }[] | undefined) =>
      (items ?? []).filter((one) => one.id !== except).map((one) => ({ value: one.id, label: one.name }));
    return {
      tags: named(tags),
      value_classes: named(classes),
      levels: [
        { value: 0, label: t('kit:level.none') },
        ...levels.map((level) => ({ value: level.rank, label: level.name })),
      ],
      segments: named(segments),
      ids: {
        stf: named(staff),
        dep: (departments ?? []).map((one) => ({ value: one.id, label: one.path_text ?? one.name })),
        cat: named(categories?.items),
      },
    };
  }, [tags, classes, categories, levels, segments, staff, departments, except, t]);
  return { catalogue, options };
}

/** The value after it has stood still for a moment. */
export function useSettled<T>(value: T, ms: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}
