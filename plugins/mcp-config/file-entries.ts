import { type Fault, fault, nearest } from '#kernel';
import type { ServerSpec } from '#plugins/tool-registry/api';
import type { RefusedEntry } from './api.ts';
import type { EntryDefaults } from './config.ts';
import type { JsonDocument } from './document.ts';
import { isOff, parseEntry } from './entry.ts';
import { SERVER_KEYS } from './entry-schema.ts';
import { expandEntry, type Surroundings } from './expand.ts';

export interface FileEntries {
  readonly servers: ReadonlyMap<string, ServerSpec>;
  readonly disabled: readonly string[];
  readonly refused: readonly RefusedEntry[];
  /** Accepted but without effect; worth a line for who looks for it. */
  readonly notes: readonly { readonly level: 'info' | 'warn' | 'debug'; readonly text: string }[];
}

/** The owner of every server that comes from the file. */
export const FILE_OWNER = 'mcp.json';

type Member = ReturnType<JsonDocument['members']>[number];
type Note = FileEntries['notes'][number];

/** Every entry of the file: a server, or what is wrong with it. One bad entry costs itself alone. */
export function readEntries(
  document: JsonDocument,
  spellingOf: (id: string) => string,
  defaults: EntryDefaults,
  around: Surroundings,
): FileEntries {
  const servers = new Map<string, ServerSpec>();
  const disabled: string[] = [];
  const refused: RefusedEntry[] = [];
  const notes: Note[] = [];
  const first = new Map<string, Member>();

  for (const member of entryMembers(document, notes)) {
    const { name, key, value } = member;
    const same = first.get(spellingOf(name));
    if (same) {
      const reason = `${document.place(key.offset)} "${name}" is there already as "${same.name}" (${document.place(same.key.offset)}); the first one is kept`;
      refused.push({ id: name, code: 'SERVER_ENTRY_TWICE', reason });
      continue;
    }
    first.set(spellingOf(name), member);
    const written = document.value(value);
    if (isOff(written)) {
      disabled.push(name);
      continue;
    }
    const problems: Parameters<typeof expandEntry>[2] = [];
    const entry = expandEntry(written, around, problems);
    const parsed = parseEntry(name, entry, FILE_OWNER, defaults, around.workspace);
    problems.push(...parsed.problems);
    for (const unknown of parsed.unknown)
      notes.push({
        level: 'warn',
        text: `${document.placeOf(value, [unknown])} "${name}" has the key "${unknown}", which means nothing here`,
      });
    if (parsed.ignored.length > 0)
      notes.push({
        level: 'debug',
        text: `"${name}": keys of other clients are left out: ${parsed.ignored.join(', ')}`,
      });
    if (parsed.spec && problems.length === 0) servers.set(name, parsed.spec);
    for (const { path, code, problem, hint } of problems) {
      const where = path.length === 0 ? '' : `${path.join('.')}: `;
      const reason = `${document.placeOf(value, path)} ${where}${problem}${hint ? ` (${hint})` : ''}`;
      refused.push({ id: name, code, reason });
    }
  }
  return { servers, disabled, refused, notes };
}

function entryMembers(document: JsonDocument, notes: Note[]): Member[] {
  const { root } = document;
  if (root.type !== 'object') throw broken(document.place(root.offset), 'the file must hold an object');
  const top = document.members(root);
  const lists = top.filter(({ name }) => (SERVER_KEYS as readonly string[]).includes(name));
  // VS Code's user settings keep the same inside `mcp`.
  const settings = top.find(({ name, value }) => name === 'mcp' && value.type === 'object');
  if (settings) lists.push(...document.members(settings.value).filter(({ name }) => name === 'servers'));
  if (lists.length === 0) {
    const slip = top.find(({ name }) => nearest(name, SERVER_KEYS, 1).length > 0);
    if (slip)
      throw broken(
        document.place(slip.key.offset),
        `there is no key "${slip.name}"`,
        nearest(slip.name, SERVER_KEYS, 1)[0],
      );
    notes.push({ level: 'info', text: `${document.place(root.offset)} the file has no "mcpServers"` });
  }
  if (top.some(({ name, value }) => name === 'inputs' && (value.children ?? []).length > 0))
    notes.push({ level: 'info', text: '"inputs" ask the user of an editor, and are left out here' });
  for (const { name, value } of lists)
    if (value.type !== 'object')
      throw broken(document.place(value.offset), `"${name}" must be an object of servers by id`);
  return lists.flatMap(({ value }) => [...document.members(value)]);
}

const broken = (place: string, problem: string, near?: string): Fault =>
  fault('MCP_CONFIG_BROKEN', `${place} ${problem}`, {
    kind: 'invalid',
    hint: near ? `did you mean "${near}"?` : 'write { "mcpServers": { "name": { "command": "...", "args": [] } } }',
  });
