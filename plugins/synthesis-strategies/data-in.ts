import { asksReader, folded, isForged, steers } from './steering.ts';

/** Ends of values in JSON, tables and lists. */
const VALUE_END = /(?<=["'\w\]}])\s*,\s*(?=["'{[\d])|[{}[\]|\t\n]+|\\n|[.!?;](?:\s|$)|[。！？；，]|<[^<>]{1,80}>/;
const SPEAKS = /\b(?:you|your|yourself|assistant|model|llm|reader|summar\w+)\b|你|您|模型/i;
/** `name: value`, where neither speaks. */
const FIELD_VALUE = /^[\w-]{1,40}: ?([^:：=]{1,80})$/;
/** What plain words have not: a number, a path, an identifier. */
const IDENTIFIES = /[\d/_@]/;
/** What is neither a field with its value nor identifies anything has none of these. */
const MAY_BE_DATA = /[:\d/_@]/;
const MOST_PLAIN_WORDS = 2;

/**
 * Of what a tool answered, what is data: numbers, identifiers, names with short values. No sentence of it reaches a model, and
 * nothing at all of a text that tells its reader what to do.
 */
export function dataIn(text: string): string {
  const plain = folded(text);
  if (isForged(plain) || steers(plain)) return '';
  const kept: string[] = [];
  for (const piece of plain.split(VALUE_END)) {
    if (!MAY_BE_DATA.test(piece)) continue;
    const value = tidy(piece);
    if (isData(value)) kept.push(value);
  }
  const joined = kept.join(', ');
  return steers(joined) ? '' : joined;
}

/** Without quotes, and what is left of a list at its ends. */
function tidy(piece: string): string {
  const spaced = piece.replace(/[\s"'\\`]+/g, ' ');
  const text = spaced.includes(' : ') ? spaced.replace(/ ?: /g, ': ') : spaced;
  let [from, to] = [0, text.length];
  while (from < to && ' ,:)'.includes(text[from]!)) from++;
  while (to > from && ' ,('.includes(text[to - 1]!)) to--;
  return text.slice(from, to);
}

function isData(value: string): boolean {
  const field = FIELD_VALUE.exec(value)?.[1];
  if (field === undefined && !IDENTIFIES.test(value)) return false;
  return plainWords(field ?? value) <= MOST_PLAIN_WORDS && !SPEAKS.test(value) && !asksReader(field ?? value);
}

const ASCII = /^[\0-\x7f]*$/;
/** Words that are no numbers or identifiers; two Chinese characters are one. */
function plainWords(text: string): number {
  if (ASCII.test(text)) return text.match(/(?<!\S)[A-Za-z]{2,}[^\w\s]*(?!\S)/g)?.length ?? 0;
  const words = text.split(/\s+/).filter((word) => /^\p{Script=Latin}{2,}\W*$/u.test(word)).length;
  return words + (text.match(/\p{Script=Han}/gu)?.length ?? 0) / 2;
}
