/**
 * Where a fault of the rules belongs on the screen. The server names the field by its path in the rules
 * (`levels[2].min_score`); an input knows its own path and asks for what concerns it.
 */
export interface Fault {
  field?: string | null | undefined;
  detail: string;
}

/** `levels[2].min_score`, `levels.2.min_score` and `/levels/2/min_score` are one place. */
export function place(field: string): string {
  return field
    .replace(/^rules[./]/, '')
    .replace(/\[(\w+)\]/g, '.$1')
    .replace(/\//g, '.')
    .replace(/^\.+|\.+$/g, '');
}

export class Faults {
  private readonly places: { place: string; detail: string }[];

  constructor(faults: readonly Fault[]) {
    this.places = faults.map((fault) => ({ place: place(fault.field ?? ''), detail: fault.detail }));
  }

  get count(): number {
    return this.places.length;
  }

  /** What's wrong exactly at this field. */
  at(field: string): string | undefined {
    return this.places.find((each) => each.place === field)?.detail;
  }

  /** What's wrong at this field or anywhere inside it. */
  within(field: string): string[] {
    return this.places
      .filter((each) => each.place === field || each.place.startsWith(`${field}.`))
      .map((each) => each.detail);
  }

  /** What belongs to none of the fields that are on the screen: shown on top, never swallowed. */
  outside(fields: readonly string[]): string[] {
    return this.places
      .filter(({ place: at }) => !fields.some((field) => at === field || at.startsWith(`${field}.`)))
      .map((each) => each.detail);
  }
}
