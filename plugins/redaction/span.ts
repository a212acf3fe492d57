/** A part of a text that goes, in its positions. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly kind: string;
}

/** One span of those that overlap, named like the longest of them. In order. */
export function united(spans: readonly Span[]): Span[] {
  if (spans.length < 2) return [...spans];
  const sorted = [...spans].sort((a, b) => a.start - b.start || b.end - a.end);
  const all: Span[] = [];
  let longest = 0;
  for (const span of sorted) {
    const last = all.at(-1);
    if (last === undefined || span.start >= last.end) {
      all.push(span);
      longest = span.end - span.start;
      continue;
    }
    const length = span.end - span.start;
    const kind = length > longest ? span.kind : last.kind;
    longest = Math.max(longest, length);
    all[all.length - 1] = { ...last, end: Math.max(last.end, span.end), kind };
  }
  return all;
}
