import { useQuery } from '@tanstack/react-query';
import { get, type Query } from '../../api/client';

export const SENTIMENTS = ['positive', 'neutral', 'negative'] as const;
export type Sentiment = (typeof SENTIMENTS)[number];

export interface Rule {
  any: string[];
  with: string[];
  without: string[];
}

export interface Topic {
  id: string;
  name: string;
  rules: Rule[];
  archived: boolean;
  version: number;
}

export interface Voice {
  message_id: string;
  ticket_id: string;
  number: number;
  customer_id: string | null;
  customer: string | null;
  level_rank: number;
  product: string | null;
  said_at: string;
  body: string;
  sentiment: Sentiment;
  score: number;
  words: { word: string; weight: number }[];
  topics: string[];
  source: 'lexicon' | 'model';
  fell_back: string | null;
}

/** The first sentence of what was said, as a title of up to forty signs; without numbers and addresses of a person. */
export function titleOf(body: string): string {
  const plain = body.replace(/[\w.+-]+@[\w.-]+|[\d -]{7,}/g, '…').trim();
  const line = plain.split(/\n/)[0] ?? '';
  const sentence = /^.{4,}?[。！？!?；;](?=.)|^.{4,}?\. (?=.)/.exec(line)?.[0] ?? line;
  const bare = sentence.replace(/[。．.；;，,！!\s]+$/, '');
  const signs = [...(bare || line)];
  return signs.length > 40 ? `${signs.slice(0, 39).join('')}…` : signs.join('');
}

export type Feelings = Record<Sentiment, number>;

export interface Trend {
  from: string;
  to: string;
  points: (Feelings & { day: string; level_rank: number })[];
  topics: (Feelings & { key: string })[];
  products: (Feelings & { key: string })[];
  rising: { term: string; voices: number; before: number }[];
}

export const whole = (one: Feelings) => one.positive + one.neutral + one.negative;

export const useTopics = () =>
  useQuery({
    queryKey: ['service', 'topics'],
    queryFn: ({ signal }) => get<{ items: Topic[]; retag: { state: string } | null }>('/topics', undefined, signal),
  });

export const useTrend = (query: Query) =>
  useQuery({
    queryKey: ['service', 'voices', 'trend', query],
    queryFn: ({ signal }) => get<Trend>('/voices/trend', query, signal),
  });
