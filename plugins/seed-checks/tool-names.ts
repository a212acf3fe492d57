/** A tool's name taken apart. Runs and registries write it as `server/tool`, `server__tool`, `mcp__server__tool`, or the tool alone. */
interface Parts {
  readonly server: string;
  readonly tool: string;
}

const kept = new Map<string, Parts>();
const MOST_KEPT = 10_000;

function partsOf(name: string): Parts {
  let parts = kept.get(name);
  if (parts === undefined) {
    const whole = name.trim().replace(/^mcp__/, '');
    const slash = whole.lastIndexOf('/');
    const marks = whole.indexOf('__');
    const [at, length] = slash > 0 ? [slash, 1] : marks > 0 ? [marks, 2] : [0, 0];
    parts = { server: plain(whole.slice(0, at)), tool: plain(whole.slice(at + length)) };
    if (kept.size >= MOST_KEPT) kept.clear();
    kept.set(name, parts);
  }
  return parts;
}

const plain = (name: string): string => name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '-');

/** Whether two spellings mean one tool; a name without a server fits any. */
export function sameTool(one: string, other: string): boolean {
  if (one === other) return true;
  const [a, b] = [partsOf(one), partsOf(other)];
  return a.tool === b.tool && a.tool !== '' && (a.server === b.server || a.server === '' || b.server === '');
}

/** Whether an expected tool is one that is known: where it names a server, that server has to be known to have it. */
export const isKnownAs = (expected: string, known: string): boolean =>
  sameTool(expected, known) && (partsOf(expected).server === '' || partsOf(known).server !== '');

/** As runs name the tools of their definitions. */
export const definedName = ({ server, name }: { readonly server?: string; readonly name: string }): string =>
  server === undefined ? name : `${server}/${name}`;

/** `a`, `b` and 3 more. */
export function listed(names: readonly string[], most = 3): string {
  const shown = names.slice(0, most).map((name) => `"${name}"`);
  return names.length > most ? `${shown.join(', ')} and ${names.length - most} more` : shown.join(', ');
}
