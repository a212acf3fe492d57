/** A success response: its id, its result as the server wrote it, and the result parsed (which proves that it is JSON). */
export interface Answer {
  readonly id: number;
  readonly text: string;
  readonly result: unknown;
}

// The two orders in which nearly every implementation writes a response; anything else goes through JSON.parse.
const ID_FIRST = '{"jsonrpc":"2.0","id":';
const RESULT = ',"result":';
const RESULT_FIRST = '{"result":';
const ID_LAST = ',"jsonrpc":"2.0","id":';
const ZERO = 48;
const NINE = 57;
const CLOSE = 125;
const MOST_DIGITS = 15;

/**
 * Reads a response without parsing its envelope. The envelope is matched as text and the part between is parsed as one
 * JSON value, so a match cannot be wrong: fixed head + one value + fixed tail is the whole message.
 * Undefined: not a success response in one of these shapes.
 */
export function quickAnswer(message: string): Answer | undefined {
  const last = message.length - 1;
  if (message.charCodeAt(last) !== CLOSE) return undefined;
  let id = 0;
  let from: number;
  let to: number;
  if (message.startsWith(ID_FIRST)) {
    let at = ID_FIRST.length;
    for (let digit = message.charCodeAt(at); digit >= ZERO && digit <= NINE; digit = message.charCodeAt(++at))
      id = id * 10 + digit - ZERO;
    if (at === ID_FIRST.length || at - ID_FIRST.length > MOST_DIGITS || !message.startsWith(RESULT, at))
      return undefined;
    from = at + RESULT.length;
    to = last;
  } else if (message.startsWith(RESULT_FIRST)) {
    let at = last;
    let scale = 1;
    for (let digit = message.charCodeAt(--at); digit >= ZERO && digit <= NINE; digit = message.charCodeAt(--at)) {
      id += (digit - ZERO) * scale;
      scale *= 10;
    }
    const digits = last - 1 - at;
    to = at + 1 - ID_LAST.length;
    if (digits === 0 || digits > MOST_DIGITS || to <= RESULT_FIRST.length || !message.startsWith(ID_LAST, to))
      return undefined;
    from = RESULT_FIRST.length;
  } else return undefined;
  const text = message.slice(from, to);
  try {
    return { id, text, result: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/**
 * The text of one member of a JSON object that JSON.parse has accepted before; of the last one where a key is repeated,
 * as JSON.parse takes it.
 */
export function memberText(object: string, name: string): string | undefined {
  let found: string | undefined;
  let at = skipSpace(object, object.indexOf('{') + 1);
  while (object[at] === '"') {
    const keyEnd = endOfString(object, at);
    const key = JSON.parse(object.slice(at, keyEnd)) as string;
    const from = skipSpace(object, skipSpace(object, keyEnd) + 1);
    const to = endOfValue(object, from);
    if (key === name) found = object.slice(from, to);
    at = skipSpace(object, to);
    if (object[at] === ',') at = skipSpace(object, at + 1);
  }
  return found;
}

const SPACE = /[ \t\r\n]/;
function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && SPACE.test(text[at]!)) at++;
  return at;
}

function endOfString(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

function endOfValue(text: string, from: number): number {
  let depth = 0;
  let at = from;
  while (at < text.length) {
    const char = text[at]!;
    if (char === '"') {
      at = endOfString(text, at);
      if (depth === 0) return at;
      continue;
    }
    if (char === '{' || char === '[') depth++;
    else if (char === '}' || char === ']') {
      if (depth === 0) return at;
      if (--depth === 0) return at + 1;
    } else if (depth === 0 && (char === ',' || SPACE.test(char))) return at;
    at++;
  }
  return at;
}
