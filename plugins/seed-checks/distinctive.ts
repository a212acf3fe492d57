/** Values that nobody thinks of alone: codes, identifiers, addresses, flags, numbers of four digits and more. */
const VALUE =
  /https?:\/\/[^\s"'<>)\]]{8,}|[\w.+-]{1,64}@[\w-]{1,64}\.[\w.-]{1,64}\w|\w{2,20}\{[^{}\s]{4,}\}|\b[A-Za-z\d]+(?:[_-][A-Za-z\d]+)+\b|\b[A-Za-z]+\d[A-Za-z\d]*\b|\b\d+[A-Za-z][A-Za-z\d]*\b|\d[\d,.]*\d|\b[A-Z]{6,}\b|《[^》]{2,60}》|「[^」]{2,60}」/g;

/** Names of techniques, dates, sizes and days: they tell nothing. */
const COMMON =
  /^(?:\d{1,4}(?:st|nd|rd|th|am|pm|km|kg|usd|eur|cny|gb|mb|kb|px|min|hours?|days?|h|s|ms|x)|(?:covid|mp|utf|sha|md|ipv|es|gpt|claude|llama|python|py|java|base|x|int|float|uint|http|html|css|oauth|web|win|log|vue|angular|node|h|v|s|q|p|rgb|cp|gb|iso|rfc)-?_?\d[\w.-]*)$/i;
const DATE = /^(?:19|20)\d\d(?:[-./]\d{1,2}){0,2}$|^\d{1,2}[-./]\d{1,2}[-./](?:19|20)?\d\d$/;
/** What redaction wrote; it tells nothing of the value. */
const PLACEHOLDER = /<[A-Z][A-Z0-9_]*_\d+>/g;

export function valuesIn(text: string): string[] {
  const found = new Set<string>();
  for (const [value] of text.replace(PLACEHOLDER, ' ').matchAll(VALUE)) if (isTelling(value)) found.add(value);
  return [...found];
}

function isTelling(value: string): boolean {
  if (COMMON.test(value) || DATE.test(value)) return false;
  if (/^[\d.,]+$/.test(value)) {
    const digits = value.replace(/\D/g, '');
    // A round number is a guess as good as any.
    return digits.length >= 4 && digits.replace(/0+$/, '').length >= 2;
  }
  if (/^https?:|@|[{《「]/.test(value)) return true;
  // Words joined by hyphens are words; with digits among them they are a name for one thing.
  return /^[A-Z]{6,}$/.test(value) || (value.length >= 5 && (value.match(/\d/g)?.length ?? 0) >= 2);
}

/** Two words with capitals that stand side by side, of names with up to five. */
export function namesIn(text: string): string[] {
  const found = new Set<string>();
  for (const [run] of text.matchAll(/\p{Lu}[\p{L}'’.-]{0,40}\p{L}(?: \p{Lu}[\p{L}'’.-]{0,40}\p{L})+/gu)) {
    const words = run.split(' ');
    for (let at = 0; at + 1 < words.length; at++) found.add(`${words[at]} ${words[at + 1]}`);
  }
  return [...found];
}

/** Whether a text holds a value as a word of its own; thousands are written with commas or without. */
export function holds(text: string, value: string): boolean {
  if (holdsAsIs(text, value)) return true;
  if (!/^[\d.,]+$/.test(value)) return false;
  const plain = value.replace(/,(?=\d{3})/g, '');
  return (plain !== value && holdsAsIs(text, plain)) || holdsAsIs(text.replace(/(\d),(?=\d{3})/g, '$1'), plain);
}

function holdsAsIs(text: string, value: string): boolean {
  for (let at = text.indexOf(value); at >= 0; at = text.indexOf(value, at + 1))
    if (!/[\p{L}\p{N}]/u.test(text[at - 1] ?? '') && !/[\p{L}\p{N}]/u.test(text[at + value.length] ?? '')) return true;
  return false;
}
