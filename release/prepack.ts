import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Makes what `npm pack` ships: `dist/` with the sources as JavaScript (Node strips no types below node_modules), in the
 * layout of the clone, and a package.json without what only the clone needs. `postpack.ts` puts the clone's own back.
 */
const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
const SOURCES = ['kernel', 'plugins', 'mcp-servers'];
const DATA = ['pipelines', 'config'];

rmSync(dist, { recursive: true, force: true });
const compiler = join(root, 'node_modules/typescript/bin/tsc');
execFileSync(process.execPath, [compiler, '-p', join(root, 'release/tsconfig.json')], { stdio: 'inherit' });
for (const folder of SOURCES) {
  const kept = (source: string) => !/\.ts$|\/kernel\/package\.json$|\/(node_modules|__pycache__)(\/|$)/.test(source);
  cpSync(join(root, folder), join(dist, folder), { recursive: true, filter: kept });
}
for (const folder of DATA) cpSync(join(root, folder), join(dist, folder), { recursive: true });

const own = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const { devDependencies: _dev, optionalDependencies: _node, scripts: _scripts, workspaces: _bin, ...shipped } = own;
const toScript = (path: string) => path.replace(/\.ts$/, '.js');
const imports = Object.fromEntries(Object.entries<string>(own.imports).map(([name, path]) => [name, toScript(path)]));
writeJson(join(dist, 'package.json'), { name: own.name, version: own.version, type: 'module', imports });
copyFileSync(join(root, 'package.json'), join(root, 'package.json.clone'));
writeJson(join(root, 'package.json'), {
  ...shipped,
  bin: { kernel: './dist/kernel/bin.js' },
  exports: { '.': './dist/kernel/index.js' },
  imports: undefined,
  files: ['dist'],
});

function writeJson(file: string, value: unknown): void {
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
}
