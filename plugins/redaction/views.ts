/** A text with one layer of encoding taken off, and where each of its characters came from. */
export interface View {
  readonly text: string;
  /** Position in the text that was given first, for a position in this one (its length included). */
  at(position: number): number;
}

const MOST_LAYERS = 4;
const MAY_BE = /[\\%\u00ad\u200b-\u200d\u2060\ufeff]|&#|&(?:amp|quot|lt|gt|apos|commat|colon|sol);/;
const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  quot: '"',
  lt: '<',
  gt: '>',
  apos: "'",
  commat: '@',
  colon: ':',
  sol: '/',
};

/**
 * The text itself, and what it says once escapes of JSON, percent signs, HTML entities and invisible characters are decoded,
 * layer by layer: a secret in a JSON text in a JSON text shows in the third.
 */
export function viewsOf(text: string): View[] {
  const views: View[] = [{ text: narrowed(text), at: (position) => position }];
  while (views.length <= MOST_LAYERS) {
    const last = views.at(-1)!;
    const next = MAY_BE.test(last.text) ? decodedOnce(last.text) : undefined;
    if (next === undefined) break;
    views.push({ text: narrowed(next.text), at: (position) => last.at(next.at(position)) });
  }
  return views;
}

/** What a value says without any encoding: equal for all spellings of it. */
export function decoded(text: string): string {
  let said = narrowed(text);
  for (let layer = 0; layer < MOST_LAYERS && MAY_BE.test(said); layer++) {
    const next = decodedOnce(said);
    if (next === undefined) break;
    said = narrowed(next.text);
  }
  return said;
}

const WIDE = /[\uff02-\uff0b\uff0d-\uff1a\uff1c-\uff1e\uff20-\uff5e\u3000]/;
const ALL_WIDE = new RegExp(WIDE, 'g');
/** Full-width letters, digits and signs, each in one character as before; what ends sentences and their parts stays. */
const narrowed = (text: string): string =>
  WIDE.test(text)
    ? text.replace(ALL_WIDE, (wide) => (wide === '\u3000' ? ' ' : String.fromCharCode(wide.charCodeAt(0) - 0xfee0)))
    : text;

function decodedOnce(text: string): View | undefined {
  // Where the decoded text goes on after each cut, and where that was before.
  const to: number[] = [0];
  const from: number[] = [0];
  let out = '';
  let done = 0;
  SPECIAL.lastIndex = 0;
  while (SPECIAL.test(text)) {
    const at = SPECIAL.lastIndex - 1;
    const [length, character] = decodedAt(text, at);
    if (length === 0) continue;
    out += text.slice(done, at) + character;
    done = at + length;
    SPECIAL.lastIndex = done;
    if (character !== '') {
      to.push(out.length - character.length);
      from.push(at);
    }
    to.push(out.length);
    from.push(done);
  }
  if (done === 0) return undefined;
  out += text.slice(done);
  return { text: out, at: (position) => before(to, from, position) };
}

const SPECIAL = /[\\%&\u00ad\u200b-\u200d\u2060\ufeff]/g;
const NOTHING = [0, ''] as const;
const INVISIBLE = [1, ''] as const;
const STROKES: Readonly<Record<string, readonly [number, string]>> = Object.fromEntries(
  Object.entries({
    n: '\n',
    r: '\r',
    t: '\t',
    b: '\b',
    f: '\f',
    '"': '"',
    "'": "'",
    '\\': '\\',
    '/': '/',
    '`': '`',
  }).map(([letter, character]) => [letter, [2, character]]),
);
const UNICODE = /u([0-9a-fA-F]{4})|x([0-7][0-9a-fA-F])/y;
const PERCENT =
  /%(?:0[9AaDd]|[2-7][0-9A-Fa-f]|[CDcd][0-9A-Fa-f]%[0-9A-Fa-f]{2}|[Ee][0-9A-Fa-f](?:%[0-9A-Fa-f]{2}){2})/y;
const ENTITY = /&(?:#(\d{2,6})|#[xX]([0-9a-fA-F]{2,5})|(amp|quot|lt|gt|apos|commat|colon|sol));/y;

/** What is encoded there: how long it is as it stands, and which character it is. */
function decodedAt(text: string, at: number): readonly [length: number, character: string] {
  switch (text[at]) {
    case '\\': {
      const plain = STROKES[text[at + 1]!];
      if (plain !== undefined) return plain;
      UNICODE.lastIndex = at + 1;
      const match = UNICODE.exec(text);
      return match === null ? NOTHING : [match[0].length + 1, character(match[1] ?? match[2]!, 16)];
    }
    case '%': {
      PERCENT.lastIndex = at;
      const match = PERCENT.exec(text);
      return match === null ? NOTHING : percentDecoded(match[0]);
    }
    case '&': {
      ENTITY.lastIndex = at;
      const match = ENTITY.exec(text);
      if (match === null) return NOTHING;
      const [whole, decimal, hexadecimal, name] = match;
      if (name !== undefined) return [whole.length, NAMED[name]!];
      return [whole.length, decimal === undefined ? character(hexadecimal!, 16) : character(decimal, 10)];
    }
    default:
      return INVISIBLE;
  }
}

const character = (digits: string, base: number): string =>
  String.fromCodePoint(Math.min(Number.parseInt(digits, base), 0x10ffff));

function percentDecoded(text: string): readonly [number, string] {
  try {
    return [text.length, decodeURIComponent(text)];
  } catch {
    return NOTHING;
  }
}

function before(to: readonly number[], from: readonly number[], position: number): number {
  let low = 0;
  let high = to.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (to[middle]! <= position) low = middle;
    else high = middle - 1;
  }
  return from[low]! + (position - to[low]!);
}
