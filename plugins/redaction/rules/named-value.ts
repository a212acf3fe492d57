const LONGEST = 4_000;
const LONGEST_SPOKEN = 200;
const CLOSING: Readonly<Record<string, string>> = { '“': '”', '「': '」', '『': '』' };

/** To the same quote with as many strokes before it, within the line. */
export function quoted(text: string, start: number, quote: string): string | undefined {
  const closing = CLOSING[quote] ?? quote;
  // No further than a value can reach: many quotes that are never closed must not cost a look at the whole text each.
  const near = text.slice(start, start + (quote === closing ? LONGEST : LONGEST_SPOKEN));
  for (let end = near.indexOf(closing); end >= 0; end = near.indexOf(closing, end + closing.length)) {
    let strokes = 0;
    while (near[end - 1 - strokes] === '\\') strokes++;
    if (closing.startsWith('\\') ? strokes > 0 : strokes % 2 === 1) continue;
    const value = near.slice(0, end);
    return value === '' || value.includes('\n') ? undefined : value;
  }
  return undefined;
}

/** Between others: what separates them ends it. */
const TIGHT = /(?:[^\s"'`,;&<>(){}[\]\\|\u3001\u3002\uff01\uff0c\uff1b\uff1f]|\\(?![nrtbfu"'\\/])){1,400}/y;
/** By itself: to the blank. */
const LOOSE = /(?:[^\s"'`<>\\|\u3001\u3002\uff01\uff0c\uff1b\uff1f\u4e00-\u9fff”」』]|\\(?![nrtbfu"'\\/])){1,400}/y;

export function unquoted(text: string, start: number, isLoose: boolean): string {
  const expression = isLoose ? LOOSE : TIGHT;
  expression.lastIndex = start;
  return expression.exec(text)?.[0] ?? '';
}

/** Without the punctuation of the sentence around it. */
export function trimmed(value: string): string | undefined {
  const rest = value.replace(/(?:[.,;:?]|[)\]}]+[.,;:]?)$/, '');
  return rest === '' ? undefined : rest;
}
