/** The least digits of a whole number that a double may not hold. */
const LONG = 16;
const WHOLE = /^-?\d+$/;

/**
 * JSON.parse, but a whole number that it would round (an id of more than 53 bits) comes as text with all its digits: else two
 * records would look the same, and a call would be of something else.
 */
export function parseExact(text: string): unknown {
  return hasLongNumber(text) ? JSON.parse(text, exact) : JSON.parse(text);
}

function exact(_name: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const source = context?.source;
  return source !== undefined && WHOLE.test(source) && source !== String(value) ? source : value;
}

/** Looks at every 16th character only: so many digits in a row cannot lie between. Digits of a fraction do not count. */
function hasLongNumber(text: string): boolean {
  for (let at = LONG - 1; at < text.length; at += LONG) {
    if (!isDigit(text.charCodeAt(at))) continue;
    let start = at;
    while (start > 0 && isDigit(text.charCodeAt(start - 1))) start--;
    let end = at + 1;
    while (end < text.length && isDigit(text.charCodeAt(end))) end++;
    if (end - start >= LONG && isBeforeNumber(text[start - 1])) return true;
    at = end - 1;
  }
  return false;
}

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;
const isBeforeNumber = (char: string | undefined): boolean => char === undefined || ':[, -\n\r\t'.includes(char);
