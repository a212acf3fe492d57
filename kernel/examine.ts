import fs from 'node:fs';
import path from 'node:path';
import { type Checked, checkPipeline } from './check.ts';
import type { AnyPlugin } from './contract.ts';
import type { Environment } from './environment.ts';
import { type Folder, findFolders, type Loaded, loadFolder } from './load.ts';
import { namedIds, pluginOf, readPipeline, type Source } from './pipeline.ts';
import type { Catalog } from './plan.ts';
import { HOST_DIR, searchDoors } from './resolve.ts';
import { childOf } from './tree.ts';

export interface Examined {
  readonly source: Source;
  readonly catalog: Catalog;
  readonly checked: Checked;
}

export interface ExamineOptions {
  readonly file: string;
  readonly env: Environment;
  /** Plugins that are handed over as objects, and added to what the pipeline names. */
  readonly given?: readonly AnyPlugin[];
  /** Folders to look in after those that the pipeline lists; default: `./plugins` and the kernel's own. */
  readonly searched?: readonly string[];
}

/** Reads, imports and checks: all that happens before anything is created, and all that `kernel check` does. */
export async function examine({ file, env, given = [], searched }: ExamineOptions): Promise<Examined> {
  const source = readPipeline(file, env);
  const found = findAll(pluginDirs(source, searched));
  const wanted = new Set(namedIds(source).map(pluginOf));
  const loaded = await loadAll([...found.folders.values()].filter((folder) => wanted.has(folder.name)));
  for (const spec of given) loaded.set(spec.name, givenPlugin(spec));
  const names = given.map((spec) => spec.name);
  const catalog = { ...found, loaded };
  const checked = checkPipeline(source, catalog, names);
  if (checked.plan !== undefined) return { source, catalog, checked };
  // Only to say what would help: which plugin provides what is missing.
  const rest = await loadAll([...found.folders.values()].filter((folder) => !loaded.has(folder.name)));
  const all = { ...found, loaded: new Map([...rest, ...loaded]) };
  return { source, catalog, checked: checkPipeline(source, all, names) };
}

export async function loadAll(folders: readonly Folder[]): Promise<Map<string, Loaded>> {
  const loaded = await Promise.all(folders.map(loadFolder));
  return new Map(loaded.map((plugin) => [plugin.name, plugin]));
}

const givenPlugin = (spec: AnyPlugin): Loaded => {
  return { name: spec.name, within: '', dir: '', index: '(given)', hash: '', door: '', spec };
};

/** Where plugins are looked for: what the pipeline lists, the working directory's `plugins/`, the kernel's own. */
export function pluginDirs(source: Source, searched: readonly string[] = ownDirs()): string[] {
  const listed = childOf(source.tree, 'dirs');
  const own = (listed?.kind === 'list' ? listed.items : []).flatMap((item) =>
    item.kind === 'scalar' && typeof item.value === 'string'
      ? path.resolve(path.dirname(item.at.file), item.value)
      : [],
  );
  return [...new Set([...own, ...searched].map(realPath))];
}

const ownDirs = (): string[] => [path.resolve('plugins'), path.join(HOST_DIR, 'plugins')];

const realPath = (dir: string): string => {
  try {
    return fs.realpathSync(dir);
  } catch {
    return dir;
  }
};

export function findAll(dirs: readonly string[]): Pick<Catalog, 'folders' | 'hidden'> {
  searchDoors(dirs);
  const folders = new Map<string, Folder>();
  const hidden: Folder[] = [];
  for (const folder of dirs.flatMap(findFolders))
    if (folders.has(folder.name)) hidden.push(folder);
    else folders.set(folder.name, folder);
  return { folders, hidden };
}

/** `server` means `./pipelines/server.yaml`, `./server.yaml`, or the one that comes with the kernel. */
export function findPipeline(name: string): string {
  if (/[/\\]|\.ya?ml$/.test(name)) return path.resolve(name);
  const places = [
    path.resolve('pipelines', `${name}.yaml`),
    path.resolve(`${name}.yaml`),
    path.join(HOST_DIR, 'pipelines', `${name}.yaml`),
  ];
  return places.find((place) => fs.existsSync(place)) ?? places[0]!;
}
