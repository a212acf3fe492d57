import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AnyPlugin } from './contract.ts';
import { reason } from './errors.ts';
import { within as withinTime } from './limits.ts';
import { type Place, showPlace } from './problem.ts';
import { admitPlugin, pluginUrl } from './resolve.ts';

/** A plugin folder; `dir` has no symbolic links. */
export interface Folder {
  readonly name: string;
  /** Where it was found; it may be a link to somewhere else. */
  readonly within: string;
  readonly dir: string;
  readonly index: string;
}

/** A folder after its import: a plugin, or why it is none. */
export interface Loaded extends Folder {
  readonly hash: string;
  /** Hash of `api.ts` alone: others have imported it, and go on with what they have. */
  readonly door: string;
  readonly spec?: AnyPlugin;
  readonly failure?: { readonly code: string; readonly what: string; readonly at: Place; readonly hint?: string };
}

/** Modules do nothing at their top level, so an import that takes long hangs. */
const IMPORT_MS = 10_000;

const ENTRIES = ['index.ts', 'index.js', 'index.mjs'];

/** The plugin folder `name` in `within`; undefined while it has no index file, e.g. because it is still being copied. */
export function findFolder(within: string, name: string): Folder | undefined {
  if (name.startsWith('.') || name === 'node_modules') return undefined;
  try {
    const dir = fs.realpathSync(path.join(within, name));
    const entry = ENTRIES.find((each) => fs.existsSync(path.join(dir, each)));
    return entry === undefined ? undefined : { name, within, dir, index: path.join(dir, entry) };
  } catch {
    return undefined;
  }
}

export function findFolders(within: string): Folder[] {
  let names: string[];
  try {
    names = fs.readdirSync(within);
  } catch {
    return [];
  }
  return names.sort().flatMap((name) => findFolder(within, name) ?? []);
}

/** Not part of what runs. */
const IGNORED: ReadonlySet<string> = new Set(['node_modules', 'README.md']);

/** Changes when a file of the folder changes, is added, removed or renamed. */
export function hashFolder(dir: string): string {
  const hash = createHash('sha1');
  const visit = (at: string, prefix: string): void => {
    for (const entry of fs.readdirSync(at, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entry.name.startsWith('.') || IGNORED.has(entry.name)) continue;
      const file = path.join(at, entry.name);
      if (entry.isDirectory()) visit(file, `${prefix}${entry.name}/`);
      else if (entry.isFile()) hash.update(`${prefix}${entry.name}\0`).update(fs.readFileSync(file)).update('\0');
    }
  };
  try {
    visit(dir, '');
  } catch (error) {
    // A file vanished between listing and reading: whatever comes next is another state.
    return `unreadable-${(error as NodeJS.ErrnoException).code ?? 'unknown'}-${++sequence}`;
  }
  return hash.digest('hex').slice(0, 16);
}

function hashDoor(dir: string): string {
  const file = ['api.ts', 'api.js'].map((name) => path.join(dir, name)).find((each) => fs.existsSync(each));
  return file === undefined ? '' : hashFile(file);
}

export const hashFile = (file: string): string => createHash('sha1').update(fs.readFileSync(file)).digest('hex');

/** What this process has imported, by folder and hash: the same content is the same module, a failure is tried anew. */
const imported = new Map<string, { url: string; failed: boolean }>();
const seen = new Set<string>();
let sequence = 0;

/** How many module graphs this process has imported more than once; Node can never give their memory back. */
export const reimports = (): number => sequence;

export async function loadFolder(folder: Folder): Promise<Loaded> {
  const hash = hashFolder(folder.dir);
  admitPlugin(folder.dir);
  const door = hashDoor(folder.dir);
  const key = `${folder.index} ${hash}`;
  const known = imported.get(key);
  const entry = pluginUrl(folder.dir) + encodeURIComponent(path.basename(folder.index));
  // The first import has no mark: its place in the compile cache is the same in every process.
  const url = known && !known.failed ? known.url : seen.has(folder.dir) ? `${entry}?g=${hash}.${++sequence}` : entry;
  seen.add(folder.dir);
  try {
    const late = (): Error => new Error(`its import did not end after ${IMPORT_MS / 1000} s`);
    const module = (await withinTime(IMPORT_MS, late, import(url))) as { default?: unknown };
    imported.set(key, { url, failed: false });
    return { ...folder, hash, door, ...shape(module.default, folder) };
  } catch (error) {
    imported.set(key, { url, failed: true });
    return { ...folder, hash, door, failure: { code: 'PLUGIN_IMPORT', ...importFailure(error, folder) } };
  }
}

function shape(spec: unknown, folder: Folder): Pick<Loaded, 'spec' | 'failure'> {
  const at: Place = { file: folder.index, line: 1, column: 1 };
  const refuse = (code: string, what: string, hint?: string): Pick<Loaded, 'failure'> => ({
    failure: { code, what, at, ...(hint === undefined ? {} : { hint }) },
  });
  if (typeof spec !== 'object' || spec === null)
    return refuse('PLUGIN_SHAPE', 'has no default export', 'export default definePlugin({ ... })');
  const plugin = spec as Partial<AnyPlugin>;
  if (typeof plugin.create !== 'function' || typeof plugin.config?.safeParse !== 'function')
    return refuse('PLUGIN_SHAPE', 'the default export is not a plugin', 'export default definePlugin({ ... })');
  if (plugin.name !== folder.name)
    return refuse(
      'PLUGIN_NAME',
      `the folder is called "${folder.name}", the plugin in it "${String(plugin.name)}"`,
      'give both the same name',
    );
  return { spec: plugin as AnyPlugin };
}

/** Where in the plugin an import failed: Node puts `file:line` above a syntax error, and in the frames of a throw. */
export function importFailure(error: unknown, folder: Folder, inFiles = false): { what: string; at: Place } {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const what = reason(error).split('\n')[0] ?? '';
  for (const line of stack.split('\n')) {
    const found = /(file:\/\/[^\s()]+?|\/[^\s():]+|[A-Za-z]:\\[^\s():]+?)(?:\?g=[\w.]+)?:(\d+)(?::(\d+))?\)?$/.exec(
      line,
    );
    const file = found && (found[1]!.startsWith('file:') ? fileURLToPath(found[1]!) : found[1]!);
    if (!found || !file?.startsWith(folder.dir)) continue;
    const column = found[3] ?? caret(stack) ?? 1;
    return { what, at: { file, line: Number(found[2]), column: Number(column) } };
  }
  if (error instanceof SyntaxError && !inFiles)
    for (const file of scripts(folder.dir))
      try {
        stripTypeScriptTypes(fs.readFileSync(file, 'utf8'), { sourceUrl: file });
      } catch (found) {
        // Node names no place for a syntax error in a JavaScript module, but its TypeScript parser does.
        return importFailure(found, folder, true);
      }
  return { what, at: { file: importer(what, folder) ?? folder.index, line: 1, column: 1 } };
}

const scripts = (dir: string): string[] =>
  fs
    .readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.m?js$/.test(name) && !name.includes('node_modules'))
    .map((name) => path.join(dir, name));

/** The first line of the plugin that the stack of a failure names. */
export function placeOf(error: unknown, folder: Folder): string | undefined {
  for (let inner = error; inner instanceof Error; inner = inner.cause) {
    if (inner.cause instanceof Error) continue;
    const { at } = importFailure(inner, folder);
    return at.file === folder.index && at.line === 1 ? undefined : showPlace(at);
  }
  return undefined;
}

const caret = (stack: string): number | undefined => {
  const line = stack.split('\n').find((each) => /^\s*\^+\s*$/.test(each));
  return line === undefined ? undefined : line.indexOf('^') + 1;
};

const importer = (what: string, folder: Folder): string | undefined => {
  const file = /imported from (?:file:\/\/)?([^\s?]+)/.exec(what)?.[1];
  return file?.startsWith(folder.dir) ? file : undefined;
};
