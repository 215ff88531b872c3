import { useQuery } from '@tanstack/react-query';
import i18next from 'i18next';
import { get } from '../../api/client';

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

export interface DayException {
  from: string;
  to?: string | null;
  name: string;
  hours?: string[];
  like?: Weekday | null;
}

export interface CalendarSpec {
  name: string;
  label?: { zh: string; en: string } | null;
  zone: string;
  always?: boolean;
  week: Partial<Record<Weekday, string[]>>;
  exceptions?: DayException[];
}

export interface StoredCalendar {
  id: string;
  version: number;
  updated_at: string;
  spec: CalendarSpec;
}

export interface YearDay {
  day: string;
  minutes: number;
  hours: string[];
  name: string | null;
  exception: boolean;
}

export interface CalendarYear {
  year: number;
  working_days: number;
  working_minutes: number;
  days: YearDay[];
  official: boolean;
}

export const useCalendars = () =>
  useQuery({
    queryKey: ['service', 'calendars'],
    queryFn: ({ signal }) => get<{ items: StoredCalendar[] }>('/calendars', undefined, signal),
  });

export const useYear = (calendar: StoredCalendar, year: number) =>
  useQuery({
    queryKey: ['service', 'calendars', calendar.id, calendar.version, year],
    queryFn: ({ signal }) => get<CalendarYear>(`/calendars/${calendar.id}/year/${year}`, undefined, signal),
  });

/** The windows of a day as they are typed: `09:00-12:00 13:00-18:00`. */
export const readHours = (text: string): string[] =>
  text
    .replace(/[，、；;,]/g, ' ')
    .replace(/：/g, ':')
    .replace(/\s*[–—~～-]\s*/g, '-')
    .split(/\s+/)
    .filter(Boolean);

export const writeHours = (hours: readonly string[] | undefined): string => (hours ?? []).join('  ');

/** How a calendar is called on the screen: the shipped one has a short name for commands and a word for people. */
export const calendarName = (name: string) => (name === 'cn' ? i18next.t('calendars:cn') : name);
