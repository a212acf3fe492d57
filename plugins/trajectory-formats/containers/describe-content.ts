const LOOKED_AT = 4096;
const SHOWN_MEMBERS = 8;
const LONGEST_NAME = 40;

const MAGIC: readonly (readonly [string, string])[] = [
  ['PK\x03\x04', 'a zip archive'],
  ['PAR1', 'parquet'],
  ['ARROW1', 'Arrow'],
  ['SQLite format 3', 'an SQLite database'],
  ['%PDF', 'PDF'],
  ['\x89PNG', 'a PNG image'],
  ['\xff\xd8\xff', 'a JPEG image'],
  ['\x28\xb5\x2f\xfd', 'packed with zstd, which is not read here'],
  ['\x1f\x8b', 'packed with gzip twice'],
  ['BZh', 'packed with bzip2, which is not read here'],
  ['\xfd7zXZ', 'packed with xz, which is not read here'],
  ['\x7fELF', 'a program'],
];

/** What a file that is no JSON looks like, as the end of a sentence about it. */
export function describeText(head: Buffer): string {
  const start = head.subarray(0, LOOKED_AT);
  const latin = start.toString('latin1');
  const magic = MAGIC.find(([bytes]) => latin.startsWith(bytes));
  if (magic !== undefined) return `it is ${magic[1]}`;
  if (latin.startsWith('\xff\xfe') || latin.startsWith('\xfe\xff')) return UTF16;
  if (start.includes(0)) return isUtf16(start) ? UTF16 : 'it is binary';
  const text = start.toString('utf8');
  return `it is ${kindOfText(text, latin.length === LOOKED_AT)}`;
}

const UTF16 = 'it is UTF-16 text; only UTF-8 is read';
/** Without a byte order mark: every other byte of plain letters is 0. */
const isUtf16 = (bytes: Buffer): boolean => {
  const zeros = [0, 1].map((from) => bytes.filter((byte, at) => at % 2 === from && byte === 0).length);
  return Math.max(...zeros) > bytes.length / 4 && Math.min(...zeros) === 0;
};

function kindOfText(text: string, cut: boolean): string {
  const lines = text.replace(/^\ufeff/, '').split(/\r?\n/);
  if (cut) lines.pop();
  const said = lines.filter((line) => line.trim() !== '');
  const [first = ''] = said;
  if (/^<(?:!doctype|html|\?xml|[a-z][\w:-]*[\s>])/i.test(first)) return /html/i.test(first) ? 'HTML' : 'XML';
  if (/^#!/.test(first)) return 'a script';
  if (/^(?:---|%YAML)/.test(first) || said.slice(0, 5).every((line) => /^\s*(?:- )?[\w.-]+:(?:\s|$)/.test(line)))
    return 'YAML';
  if (said.some((line) => /^(?:#{1,6} |```|\* |- \[)/.test(line))) return 'Markdown';
  for (const [separator, name] of [
    ['\t', 'TSV'],
    [',', 'CSV'],
    [';', 'CSV'],
  ] as const)
    if (isTable(said, separator)) return name;
  return said.length === 0
    ? 'text'
    : `plain text that begins with ${JSON.stringify(first.trim().slice(0, LONGEST_NAME))}`;
}

/** Rows with as many cells as the header; in quotes a separator separates nothing. */
function isTable(lines: readonly string[], separator: string): boolean {
  const cells = lines.slice(0, 10).map((line) => line.replace(/"(?:[^"]|"")*"/g, '').split(separator).length);
  return cells.length > 0 && cells[0]! > 1 && cells.filter((count) => count === cells[0]).length * 2 > cells.length;
}

/** What parsed JSON is that no format knows. */
export function describeJson(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'empty JSON lists' : `JSON lists of ${describeOne(value[0])}`;
  if (typeof value !== 'object' || value === null) return `JSON of single values (${describeOne(value)})`;
  const names = Object.keys(value);
  if (names.length === 0) return 'JSON objects without members';
  const shown = names.slice(0, SHOWN_MEMBERS).map((name) => name.slice(0, LONGEST_NAME));
  const more = names.length > shown.length ? ` and ${names.length - shown.length} more` : '';
  return `JSON objects with members ${shown.join(', ')}${more}`;
}

function describeOne(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'lists';
  if (typeof value === 'object') return describeJson(value).replace('JSON ', '');
  return `${typeof value}s`;
}
