const PLACEHOLDER = /<([A-Z][A-Z_]*)_(\d{1,9})>/g;

/** Which placeholder stands for which value, within one run. */
export class Placeholders {
  readonly #of = new Map<string, string>();
  readonly #last = new Map<string, number>();
  readonly #counts = new Map<string, number>();

  /** The same for the same value, whatever kind it is taken for the second time. */
  for(kind: string, value: string): string {
    const known = this.#of.get(value);
    if (known !== undefined) return known;
    const number = (this.#last.get(kind) ?? 0) + 1;
    const placeholder = `<${kind}_${number}>`;
    this.#last.set(kind, number);
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
    this.#of.set(value, placeholder);
    return placeholder;
  }

  /** A text that was redacted before has placeholders of its own: their numbers are not given to other values. */
  reserve(text: string): void {
    if (!text.includes('_') || !text.includes('<')) return;
    for (const [, kind, number] of text.matchAll(PLACEHOLDER))
      if (Number(number) > (this.#last.get(kind!) ?? 0)) this.#last.set(kind!, Number(number));
  }

  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }
}

/** Where placeholders stand in a text. */
export function placeholdersIn(text: string): { readonly start: number; readonly end: number }[] {
  if (!text.includes('<')) return [];
  return Array.from(text.matchAll(PLACEHOLDER), ({ index, 0: whole }) => ({ start: index, end: index + whole.length }));
}
