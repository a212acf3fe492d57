import { isQuotedSecret } from '../plausible.ts';
import type { Found, Rule } from './rule.ts';

const GIVES = String.raw`(?:\\{0,7}["'\x60])?\s{0,3}[:=]\s{0,3}(?:\\{0,7}["'\x60])?`;
const AUTHORIZATION = new RegExp(
  `authorization${GIVES}((?:bearer|basic|token|digest|apikey|negotiate|aws4-hmac-sha256)\\s{1,3})?([^\\s"'\`\\\\][^\\r\\n"'\`\\\\]{3,4000})`,
  'iy',
);
const COOKIE = new RegExp(`cookie2?${GIVES}([^\\s"'\`=;,<>{}()]{1,100}=[^\\r\\n"'\`\\\\]{1,4000})`, 'iy');
const ONE_WORD = /^(?:bearer|token|basic|apikey)/i;
const SENTENCE = /^[A-Za-z]+(?:\s[A-Za-z]+)*[.!?]?$/;

/** `Authorization:` and `Cookie:`, to the end of the line or of the quotes around them. */
export const headers: Rule = {
  level: 'secrets',
  may: (_text, starts) => starts.name.length > 0,
  find(text, found, starts) {
    let done = 0;
    for (const at of starts.name) {
      if (at < done) continue;
      const first = text.charCodeAt(at) | 32;
      if (first === 0x61) done = authorization(text, at, found);
      else if (first === 0x63) done = cookie(text, at, found);
    }
  },
};

/** Both tell where the header ended: what is in it is not looked through again. */
function authorization(text: string, at: number, found: Found): number {
  AUTHORIZATION.lastIndex = at;
  const match = AUTHORIZATION.exec(text);
  if (match === null) return 0;
  const end = AUTHORIZATION.lastIndex;
  const [, scheme, value] = match;
  const word = /^[^\s,;]+/.exec(value!)?.[0] ?? '';
  const isOne = scheme !== undefined && ONE_WORD.test(scheme);
  if (!isQuotedSecret(isOne ? word : value!, 'authorization') || (!isOne && SENTENCE.test(value!))) return end;
  const start = end - value!.length;
  found(start, isOne ? start + word.length : end, 'TOKEN', true);
  return end;
}

function cookie(text: string, at: number, found: Found): number {
  COOKIE.lastIndex = at;
  const match = COOKIE.exec(text);
  if (match === null) return 0;
  let start = COOKIE.lastIndex - match[1]!.length;
  found(start, COOKIE.lastIndex, 'COOKIE');
  // Each of them may stand elsewhere by itself.
  for (const part of match[1]!.split(';')) {
    const value = part.slice(part.indexOf('=') + 1).trim();
    const from = start + part.lastIndexOf(value);
    if (value.length >= 10 && /\d/.test(value) && !/^(?:\w{3}, )?\d+[ -]\w{3}/.test(value))
      found(from, from + value.length, 'COOKIE', true);
    start += part.length + 1;
  }
  return COOKIE.lastIndex;
}
