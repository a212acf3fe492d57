import fs from 'node:fs';
import { registerHooks } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The folder that holds `kernel/`, `plugins/` and `package.json`: a clone, or the installed package. */
export const HOST_DIR = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
/** Sources are TypeScript in a clone and JavaScript in the published package. */
export const SOURCE = path.extname(fileURLToPath(import.meta.url));

const HOST = pathToFileURL(path.join(HOST_DIR, 'package.json')).href;
const KERNEL = pathToFileURL(path.join(HOST_DIR, 'kernel', `index${SOURCE}`)).href;

/** Folder URLs of plugins, each with a closing slash; and the folders that plugins are looked for in. */
const folders = new Set<string>();
const searched = new Set<string>([path.join(HOST_DIR, 'plugins')]);
let registered = false;

export const pluginUrl = (dir: string): string => `${pathToFileURL(dir).href}/`;

/** Where `#plugins/<name>/api` is looked for, besides the host's own plugins. */
export function searchDoors(dirs: readonly string[]): void {
  for (const dir of dirs) searched.add(dir);
}

/**
 * Makes the files of a plugin folder importable wherever it lies, without a build or a package.json: `#kernel` and
 * `#plugins/<name>/api` mean the host's, npm packages are looked for beside the plugin and then in the host, and the
 * generation mark of an import (`?g=`) is handed down to the plugin's own files so that a reload sees all of them new.
 */
export function admitPlugin(dir: string): void {
  folders.add(pluginUrl(dir));
  if (registered) return;
  registered = true;
  registerHooks({
    resolve(specifier, context, next) {
      const parent = context.parentURL;
      const folder = parent === undefined ? undefined : folderOf(parent);
      const importer = folder ?? folderOf(specifier);
      if (importer === undefined) return next(specifier, context);
      if (specifier === '#kernel') return { url: KERNEL, shortCircuit: true };
      const door = /^#plugins\/([\w-]+)\/api$/.exec(specifier)?.[1];
      const known = door === undefined ? besideOf(specifier, parent ?? '', importer) : findDoor(door);
      if (known !== undefined) return { url: known, shortCircuit: true, format: formatOf(known) };
      const found =
        folder !== undefined && isBare(specifier) ? fromHost(specifier, context, next) : next(specifier, context);
      if (!found.url.startsWith(importer) || found.url.includes('/node_modules/')) return found;
      const url = found.url.includes('?') ? found.url : `${found.url}${markOf(parent)}`;
      return { ...found, url, format: formatOf(found.url) ?? found.format ?? null };
    },
  });
}

/**
 * A plugin's own file, named as all of them name it: with its extension. Node's resolver would come to the same after four
 * times the system calls, and there are hundreds of such imports. Undefined: that resolver must say what it is.
 */
function besideOf(specifier: string, parent: string, folder: string): string | undefined {
  if (!/^\.\.?\//.test(specifier) || !specifier.endsWith(SOURCE) || !parent.startsWith(folder)) return undefined;
  const file = new URL(specifier, parent);
  if (!file.href.startsWith(folder) || file.href.includes('/node_modules/')) return undefined;
  return fs.lstatSync(file, { throwIfNoEntry: false })?.isFile() ? file.href + markOf(parent) : undefined;
}

/** The generation of an import, as it stands in its URL. */
const markOf = (url = ''): string => /\?g=[\w.]+/.exec(url)?.[0] ?? '';

type Resolve = Parameters<typeof registerHooks>[0]['resolve'] & {};
function fromHost(...[specifier, context, next]: Parameters<Resolve>): ReturnType<Resolve> {
  try {
    return next(specifier, context);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    try {
      return next(specifier, { ...context, parentURL: HOST });
    } catch {
      throw error;
    }
  }
}

const isBare = (specifier: string): boolean => !/^(?:\.|\/|#|[a-z]+:)/.test(specifier);

/** Whatever the package.json above it says (npm init writes commonjs): a plugin's own files are ES modules. */
const formatOf = (url: string): string | null =>
  /\.ts(?:\?|$)/.test(url) ? 'module-typescript' : /\.js(?:\?|$)/.test(url) ? 'module' : null;

function folderOf(url: string): string | undefined {
  if (!url.startsWith('file:')) return undefined;
  // Folders are not nested, so the first ancestor that is known is the plugin.
  for (let end = url.lastIndexOf('/'); end > 7; end = url.lastIndexOf('/', end - 1)) {
    const folder = url.slice(0, end + 1);
    if (folders.has(folder)) return folder;
  }
  return undefined;
}

function findDoor(plugin: string): string {
  for (const dir of searched)
    for (const name of [`api${SOURCE}`, 'api.ts', 'api.js']) {
      const file = path.join(dir, plugin, name);
      if (fs.existsSync(file)) return pathToFileURL(fs.realpathSync(file)).href;
    }
  throw Object.assign(new Error(`there is no plugin "${plugin}" with an api.ts`), { code: 'ERR_MODULE_NOT_FOUND' });
}
