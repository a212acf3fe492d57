const MASK = '***';
const DEPTH = 6;
const ITEMS = 200;
const TEXT = 4_000;
/** Of a key whose value is a secret, wherever it stands. */
const SECRET_KEY =
  /pass(?:word|wd|phrase)|secret|token|api[-_]?key|private[-_]?key|authori[sz]ation|credential|cookie/i;
/** Texts that are secrets by their shape: keys and tokens of well-known services, JSON web tokens, passwords in URLs. */
const SECRET_TEXT = [
  /\b(?:[spr]k[-_]|gh[opsu]_|github_pat_|glpat-|xox[abprs]-|npm_|hf_|AKIA|AIza)[A-Za-z0-9_-]{16,}/g,
  /\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*/g,
  /(?<=\b(?:bearer|basic)\s)[A-Za-z0-9._~+/=-]{8,}/gi,
  /(?<=[a-z]:\/\/[^\s/:@]{0,200}:)[^\s/@]{1,200}(?=@)/gi,
  /(?<=\b(?:password|passwd|secret|token|api[-_]?key)\s{0,3}[=:]\s{0,3})[^\s"',;]{4,}/gi,
];

/** What a person is shown: without secrets, and bounded. */
export function cleanDetail(detail: Readonly<Record<string, unknown>>, bytes: number): Record<string, unknown> {
  const clean = cleanValue(detail, DEPTH) as Record<string, unknown>;
  if (Buffer.byteLength(JSON.stringify(clean)) <= bytes) return clean;
  const kept: Record<string, unknown> = { cut: true };
  let room = bytes;
  for (const [key, value] of Object.entries(clean)) {
    room -= Buffer.byteLength(JSON.stringify({ [key]: value }));
    if (room < 0) break;
    kept[key] = value;
  }
  return kept;
}

export function cleanText(text: string): string {
  const short = text.length > TEXT ? `${text.slice(0, TEXT)}…` : text;
  return SECRET_TEXT.reduce((masked, shape) => masked.replace(shape, MASK), short);
}

function cleanValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return cleanText(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return typeof value === 'function' ? undefined : value;
  if (depth === 0) return '…';
  if (Array.isArray(value)) return value.slice(0, ITEMS).map((each) => cleanValue(each, depth - 1));
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, ITEMS)
      .map(([key, each]) => [
        key,
        SECRET_KEY.test(key) && (typeof each === 'string' || typeof each === 'number')
          ? MASK
          : cleanValue(each, depth - 1),
      ]),
  );
}
