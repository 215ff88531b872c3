import type { Locale as AntdLocale } from 'antd/es/locale';
import dayjs from 'dayjs';
import i18n from 'i18next';
import { initReactI18next } from 'react-i18next';

/** Chinese first; English complete. Each language is one chunk, loaded when chosen. */
export const languages = ['zh-CN', 'en'] as const;
export type Language = (typeof languages)[number];

const STORED = 'zunke.language';
const loaders = { 'zh-CN': () => import('./zh-CN'), en: () => import('./en') };
const antdLocales = new Map<Language, AntdLocale>();

export function languageOf(text: string | null | undefined): Language | undefined {
  if (!text) return undefined;
  if (text.toLowerCase().startsWith('zh')) return 'zh-CN';
  if (text.toLowerCase().startsWith('en')) return 'en';
  return undefined;
}

/** `../customers/zh-CN.json` → `customers` (the shell's words are `common`). */
function namespaceOf(path: string): string {
  const room = path.split('/').at(-2) ?? '';
  return room === 'shell' ? 'common' : room;
}

async function load(language: Language): Promise<void> {
  if (antdLocales.has(language)) return;
  const { default: pack } = await loaders[language]();
  for (const [path, words] of Object.entries(pack.files)) {
    i18n.addResourceBundle(language, namespaceOf(path), words, true, true);
  }
  antdLocales.set(language, pack.antd);
}

export function antdLocale(): AntdLocale | undefined {
  return antdLocales.get(currentLanguage());
}

export function currentLanguage(): Language {
  return languageOf(i18n.language) ?? 'zh-CN';
}

/** The text in the user's language of what the server sends in both. */
export function said(text: { zh?: string; en?: string } | string | null | undefined): string {
  if (!text) return '';
  if (typeof text === 'string') return text;
  return (currentLanguage() === 'en' ? text.en : text.zh) || text.zh || text.en || '';
}

export async function setLanguage(language: Language): Promise<void> {
  await load(language);
  localStorage.setItem(STORED, language);
  await i18n.changeLanguage(language);
  dayjs.locale(language === 'zh-CN' ? 'zh-cn' : 'en');
  document.documentElement.lang = language;
  document.title = language === 'zh-CN' ? '尊客 Zunke' : 'Zunke';
}

/** `甲、乙和丙` / `A, B, and C`. */
export const listed = (parts: string[]): string =>
  new Intl.ListFormat(currentLanguage(), { type: 'conjunction' }).format(parts);

/** The server's word for the language. */
export const localeOf = (language: Language): 'zh' | 'en' => (language === 'en' ? 'en' : 'zh');

export async function startI18n(): Promise<void> {
  await i18n.use(initReactI18next).init({
    lng: 'zh-CN',
    fallbackLng: false,
    ns: ['common'],
    defaultNS: 'common',
    resources: {},
    interpolation: { escapeValue: false },
    react: { useSuspense: false },
  });
  const asked = languageOf(new URLSearchParams(location.search).get('lang'));
  await setLanguage(asked ?? languageOf(localStorage.getItem(STORED)) ?? 'zh-CN');
}
