const BEFORE = /(?:(\\*")\s*:|[[,])\s*$/;

/** The quotes that a placeholder needs in the place of a bare number of a JSON text, which must remain one. */
export function numberQuotes(text: string, start: number, end: number): string {
  const first = text.charCodeAt(start);
  if (first < 48 || first > 57 || !/^\d+$/.test(text.slice(start, end))) return '';
  if (!/^\s*(?:[,}\]]|\\[nrt]|$)/.test(text.slice(end, end + 8))) return '';
  const before = BEFORE.exec(text.slice(Math.max(0, start - 40), start));
  if (before === null) return '';
  if (before[1] !== undefined) return before[1];
  return /^\s*[[{]/.test(text) ? '"' : '';
}
