import i18n from 'i18next';

/** RFC 9457 problem details as the server sends them. */
export interface ProblemBody {
  title?: string;
  detail?: string;
  code?: string;
  field?: string | null;
  errors?: { field?: string | null; detail?: string; code?: string }[];
}

/** A refused or failed request: what happened, in the user's language, and which fields it concerns. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  /** Message by field path (`phones.0`), for the form to mark. */
  readonly fields: Record<string, string>;

  constructor(status: number, body: ProblemBody) {
    super(body.detail || body.title || fallback(status));
    this.name = 'Problem';
    this.status = status;
    this.code = body.code ?? `http_${status}`;
    this.fields = {};
    if (body.field) this.fields[body.field] = body.detail ?? this.message;
    for (const error of body.errors ?? []) {
      if (error.field) this.fields[error.field] ??= error.detail ?? this.message;
    }
  }
}

function fallback(status: number): string {
  if (status === 0) return i18n.t('common:error.offline');
  if (status === 401) return i18n.t('common:error.signed_out');
  if (status === 403) return i18n.t('common:error.forbidden');
  if (status === 404) return i18n.t('common:error.not_found');
  if (status === 409 || status === 412) return i18n.t('common:error.changed');
  if (status === 413) return i18n.t('common:error.too_large');
  if (status === 429) return i18n.t('common:error.too_many');
  return i18n.t('common:error.server');
}

/** Text for a person, whatever was thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof Problem) return error.message;
  return i18n.t('common:error.server');
}
