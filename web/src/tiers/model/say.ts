/** Rules and values in words. */
import type { TFunction } from 'i18next';
import type { Words } from '../api';
import { type Indicator, ownKind, type Unit, type Window } from './indicators';
import type { Comparison, Rule, Rules, Test } from './rules';
import { unitOfFact } from './rules';

/** What is needed to say something: the words of the room, the currency, and which of two texts to take. */
export interface Voice {
  t: TFunction<'tiers'>;
  currency: string;
  said: (words: Words | string | null | undefined) => string;
}

/** `100000` money → `¥100,000`; `0.3` share → `30%`; `30` days → `30 天`. */
export function sayValue(voice: Voice, unit: Unit, value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return voice.t('no_value');
  switch (unit) {
    case 'money':
      return new Intl.NumberFormat('zh-CN', {
        style: 'currency',
        currency: voice.currency,
        currencyDisplay: 'narrowSymbol',
        minimumFractionDigits: Number.isInteger(value) ? 0 : 2,
        maximumFractionDigits: 2,
      }).format(value);
    case 'share':
      return `${trim(value * 100, 1)}%`;
    case 'days':
    case 'months':
    case 'years':
    case 'points':
      return voice.t(`value.${unit}`, { n: trim(value, unit === 'years' ? 1 : 2) });
    default:
      return trim(value, 2);
  }
}

const trim = (value: number, digits: number): string =>
  new Intl.NumberFormat('zh-CN', { maximumFractionDigits: digits }).format(value);

export function sayWindow(voice: Voice, window: Window): string {
  if (window === 'lifetime') return voice.t('window.lifetime');
  if ('days' in window) return voice.t('window.days', { n: window.days });
  const { unit, back = 0 } = window.calendar;
  if (back === 0) return voice.t(`window.this_${unit}`);
  if (back === 1) return voice.t(`window.last_${unit}`);
  return voice.t(`window.back_${unit}`, { n: back });
}

/** Where an indicator's number comes from: `净消费额 · 合计 · 近365天`. */
export function saySource(voice: Voice, indicator: Indicator): string {
  const { source } = indicator;
  if ('profile' in source) return voice.t('source.joined_years');
  if ('attribute' in source) return voice.t(`source.${ownKind(source.attribute) ?? 'attribute'}`);
  const { of, aggregate, window } = source.measure;
  return [voice.t(`measure.${of}`), voice.t(`aggregate.${aggregate}`), sayWindow(voice, window)].join(' · ');
}

export function sayFact(voice: Voice, rules: Rules, fact: string): string {
  const indicator = rules.indicators.find((each) => each.id === fact);
  if (indicator) return voice.said(indicator.name);
  return isFixed(fact) ? voice.t(`fact.${fact}`) : fact;
}

const isFixed = (fact: string): fact is 'score' | 'loyalty' | 'rfm_r' | 'rfm_f' | 'rfm_m' =>
  ['score', 'loyalty', 'rfm_r', 'rfm_f', 'rfm_m'].includes(fact);

export const sayComparison = (voice: Voice, is: Comparison): string => voice.t(`is.${is}`);

/** `年消费额 不低于 ¥100,000`. */
export function sayTest(voice: Voice, rules: Rules, test: Test): string {
  return voice.t('test', {
    fact: sayFact(voice, rules, test.fact),
    is: sayComparison(voice, test.is),
    value: sayValue(voice, unitOfFact(rules, test.fact), test.value),
  });
}

/** A whole rule in one line; groups in brackets. */
export function sayRule(voice: Voice, rules: Rules, rule: Rule | undefined, inner = false): string {
  const parts = [
    ...(rule?.tests ?? []).map((test) => sayTest(voice, rules, test)),
    ...(rule?.groups ?? []).map((group) => sayRule(voice, rules, group, true)),
  ];
  if (parts.length === 0) return voice.t('rule.everyone');
  if (parts.length === 1) return parts[0] ?? '';
  const need = rule?.need ?? 'all';
  const text =
    need === 'all'
      ? parts.join(voice.t('rule.and'))
      : need.any === 1
        ? parts.join(voice.t('rule.or'))
        : voice.t('rule.any', { n: need.any, parts: parts.join(voice.t('rule.comma')) });
  return inner ? voice.t('rule.group', { text }) : text;
}
