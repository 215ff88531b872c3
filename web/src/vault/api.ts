import type { Words } from '../privacy/api';

export const CLASSES = ['personal', 'sensitive', 'commercial'] as const;
export const FORMS = ['id_number', 'bank_card', 'text'] as const;

export interface Field {
  id: string;
  key: string;
  name: Words;
  class: (typeof CLASSES)[number];
  form: (typeof FORMS)[number];
  archived: boolean;
  version: number;
}

export interface Masked {
  field: Field;
  masked: string | null;
  updated_at: string | null;
}
