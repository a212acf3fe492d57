import type { Span } from './span.ts';

const LONGEST_NAME = 48;
const HERE = /^<[A-Z][A-Z_]*_\d{1,9}>/;
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

const WITHIN = /<[A-Z_]*$/;
/** Whether a word is the name of a placeholder, and gives no value to anything. */
export function isInPlaceholder(text: string, at: number): boolean {
  const from = Math.max(0, at - LONGEST_NAME);
  const before = text.slice(from, at + 1).lastIndexOf('<') + from;
  return before >= from && WITHIN.test(text.slice(before, at)) && HERE.test(text.slice(before, before + LONGEST_NAME));
}

/** Spans (in order) but for those within a placeholder: what was redacted before stays as it is. */
export function outsidePlaceholders(text: string, spans: readonly Span[]): readonly Span[] {
  if (!text.includes('<')) return spans;
  const there = text.matchAll(PLACEHOLDER);
  let next = there.next();
  return spans.filter((span) => {
    for (; !next.done; next = there.next()) {
      const start = next.value.index;
      const end = start + next.value[0].length;
      if (start >= span.end) return true;
      if (end > span.start) return span.start < start && span.end > end;
    }
    return true;
  });
}
