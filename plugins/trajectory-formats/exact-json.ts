/** Digits enough for a number that a double does not hold; where there are none, nothing has to be looked at twice. */
const LONG = /\d{16}/;
const UNSAFE = /^-?\d+$/;

/**
 * JSON.parse, but a whole number that it would round (an id of more than 53 bits) comes as text with all its digits: else two
 * records would look the same, and a call would be of something else.
 */
export function parseExact(text: string): unknown {
  return LONG.test(text) ? JSON.parse(text, exact) : JSON.parse(text);
}

function exact(_name: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const source = context?.source;
  return source !== undefined && UNSAFE.test(source) ? source : value;
}
