const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '\\': '\\', "'": "'", '"': '"' };
const CODES: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

/** A string as Python's `repr` writes it, from its opening quote on; up to the end of the text where nothing closes it. */
export function readPythonString(
  text: string,
  start: number,
  quote: string,
): { readonly value: string; readonly end: number } {
  let value = '';
  let at = start + 1;
  let close = text.indexOf(quote, at);
  for (;;) {
    const backslash = text.indexOf('\\', at);
    if (close !== -1 && close < at) close = text.indexOf(quote, at);
    if (close !== -1 && (backslash === -1 || close < backslash))
      return { value: value + text.slice(at, close), end: close + 1 };
    if (backslash === -1) return { value: value + text.slice(at), end: text.length };
    const [char, end] = escaped(text, backslash + 1);
    value += text.slice(at, backslash) + char;
    at = end;
  }
}

function escaped(text: string, at: number): [char: string, end: number] {
  const kind = text[at] ?? '';
  const length = CODES[kind];
  if (length === undefined) return [ESCAPES[kind] ?? `\\${kind}`, at + 1];
  const hex = text.slice(at + 1, at + 1 + length);
  const code = hex.length === length && /^[0-9a-f]+$/i.test(hex) ? Number.parseInt(hex, 16) : -1;
  return code >= 0 && code <= 0x10ffff ? [String.fromCodePoint(code), at + 1 + length] : [`\\${kind}`, at + 1];
}
