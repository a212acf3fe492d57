import fs from 'node:fs';
import { builtinModules } from 'node:module';
import path from 'node:path';
import { expect, test } from 'vitest';
import { schemaText } from '../kernel/commands/schema.ts';
import { HOST_DIR } from '../kernel/resolve.ts';
import { PURE_DOORS } from './pure-doors.ts';

interface Import {
  readonly file: string;
  readonly specifier: string;
  readonly typeOnly: boolean;
}

const sources = (top: string): string[] =>
  fs.existsSync(path.join(HOST_DIR, top))
    ? fs
        .readdirSync(path.join(HOST_DIR, top), { recursive: true, encoding: 'utf8' })
        .filter((file) => /\.[cm]?[jt]s$/.test(file) && !file.split(path.sep).includes('node_modules'))
        .map((file) => path.join(top, file))
    : [];

const IMPORT =
  /(?:^|\n)\s*(import|export)\s+(type\s+)?(?:[^'"`;]*?\sfrom\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/g;

const importsOf = (file: string): Import[] => {
  const text = fs.readFileSync(path.join(HOST_DIR, file), 'utf8').replace(/`(?:\\.|[^`\\])*`/g, '``');
  return [...text.matchAll(IMPORT)].map(([whole, , typed, still, lazily]) => ({
    file,
    specifier: (still ?? lazily)!,
    // `import { type A, type B } from` imports types only, too.
    typeOnly: typed !== undefined || /\{\s*(?:type\s+\w+(?:\s+as\s+\w+)?\s*,?\s*)+\}/.test(whole),
  }));
};

const isNode = (specifier: string): boolean => specifier.startsWith('node:') || builtinModules.includes(specifier);
const isRelative = (specifier: string): boolean => specifier.startsWith('.');
const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
const show = ({ file, specifier }: Import): string => `${file} -> ${specifier}`;

const kernel = sources('kernel').flatMap(importsOf);
const plugins = sources('plugins').flatMap(importsOf);
const servers = sources('mcp-servers').flatMap(importsOf);
const pluginOf = (file: string): string => file.split(path.sep)[1]!;
const leaves = (each: Import, folder: string): boolean =>
  isRelative(each.specifier) && !path.join(path.dirname(each.file), each.specifier).startsWith(folder + path.sep);

test('the kernel imports node, yaml, zod, tsyringe, reflect-metadata and chokidar, and no plugin', () => {
  const allowed = new Set(['yaml', 'zod', 'tsyringe', 'reflect-metadata', 'chokidar']);
  const wrong = kernel.filter((each) =>
    isRelative(each.specifier) ? leaves(each, 'kernel') : !isNode(each.specifier) && !allowed.has(each.specifier),
  );
  expect(wrong.map(show)).toEqual([]);
});

test('a plugin imports the kernel, its own files, the doors of other plugins, and npm', () => {
  const wrong = plugins.filter(
    (each) =>
      leaves(each, path.join('plugins', pluginOf(each.file))) ||
      (each.specifier.startsWith('#') && !/^(?:#kernel|#plugins\/[\w-]+\/api)$/.test(each.specifier)) ||
      path.isAbsolute(each.specifier),
  );
  expect(wrong.map(show)).toEqual([]);
});

test('a door holds types and tokens: at run time it imports the kernel and other doors only', () => {
  const doors = plugins.filter(({ file }) => /^plugins[\\/][^\\/]+[\\/]api\.ts$/.test(file));
  const wrong = doors.filter(
    (each) =>
      !each.typeOnly &&
      each.specifier !== '#kernel' &&
      !/(?:^\.\.\/|^#plugins\/)[\w-]+\/api(?:\.ts)?$/.test(each.specifier) &&
      !PURE_DOORS[pluginOf(each.file)]?.test(each.specifier),
  );
  expect(wrong.map(show)).toEqual([]);
});

test('independent servers import npm and their own files', () => {
  const wrong = servers.filter(
    (each) => leaves(each, path.join('mcp-servers', pluginOf(each.file))) || each.specifier.startsWith('#'),
  );
  expect(wrong.map(show)).toEqual([]);
});

test('no file imports itself by way of others', () => {
  const next = new Map<string, string[]>();
  for (const { file, specifier } of [...kernel, ...plugins, ...servers])
    if (isRelative(specifier)) next.set(file, [...(next.get(file) ?? []), path.join(path.dirname(file), specifier)]);
  const seen = new Set<string>();
  const circles: string[] = [];
  const follow = (file: string, way: readonly string[]): void => {
    if (way.includes(file)) return void circles.push([...way.slice(way.indexOf(file)), file].join(' -> '));
    if (seen.has(file)) return;
    seen.add(file);
    for (const one of next.get(file) ?? []) follow(one, [...way, file]);
  };
  for (const file of next.keys()) follow(file, []);
  expect(circles).toEqual([]);
});

/**
 * MCP's types and codecs are the language of this project, not a tool that one plugin hides from the others; the
 * telemetry API is made to be called from everywhere.
 */
const SHARED = new Set(['zod', '@modelcontextprotocol/client', '@modelcontextprotocol/server']);
SHARED.add('@opentelemetry/api');
// The kernel watches with it, and whoever watches files beside it must see what it sees.
SHARED.add('chokidar');

test('one plugin owns an npm package: what others want of it, they ask its owner for', () => {
  const owners = new Map<string, Set<string>>();
  for (const { file, specifier, typeOnly } of plugins) {
    if (typeOnly || isNode(specifier) || isRelative(specifier) || specifier.startsWith('#')) continue;
    const name = packageOf(specifier);
    if (!SHARED.has(name)) owners.set(name, (owners.get(name) ?? new Set()).add(pluginOf(file)));
  }
  const shared = [...owners].filter(([, users]) => users.size > 1);
  expect(shared.map(([name, users]) => `${name}: ${[...users].join(', ')}`)).toEqual([]);
});

test('every npm package that is imported is a dependency of the project', () => {
  const { dependencies } = JSON.parse(fs.readFileSync(path.join(HOST_DIR, 'package.json'), 'utf8'));
  const wrong = [...kernel, ...plugins].filter(
    ({ specifier, typeOnly }) =>
      !typeOnly &&
      !isNode(specifier) &&
      !isRelative(specifier) &&
      !specifier.startsWith('#') &&
      !(packageOf(specifier) in dependencies),
  );
  expect(wrong.map(show)).toEqual([]);
});

test('every dependency of the project has a user', () => {
  const { dependencies } = JSON.parse(fs.readFileSync(path.join(HOST_DIR, 'package.json'), 'utf8'));
  const text = ['kernel', 'plugins', 'mcp-servers']
    .flatMap(sources)
    .map((file) => fs.readFileSync(path.join(HOST_DIR, file), 'utf8'))
    .join('\n');
  // Some are loaded by `require.resolve` and the like: their name in quotes is all that they have in common.
  expect(Object.keys(dependencies).filter((name) => !text.includes(`'${name}`))).toEqual([]);
});

test('the kernel is small, and knows nothing of what it boots', () => {
  const forbidden = /\btools?\b|\bmcp\b|\bagents?\b|\bllm\b/i;
  const code = (text: string): number =>
    text.split('\n').filter((line) => line.trim() !== '' && !/^\s*(?:\/\/|\/?\*)/.test(line)).length;
  const total = { core: 0, commands: 0 };
  for (const file of sources('kernel')) {
    const text = fs.readFileSync(path.join(HOST_DIR, file), 'utf8');
    expect(text.split('\n').length, file).toBeLessThanOrEqual(301);
    expect(forbidden.exec(text)?.[0], file).toBeUndefined();
    total[file.includes('commands') ? 'commands' : 'core'] += code(text);
  }
  // Without blank lines and comments.
  expect(total.core).toBeLessThanOrEqual(3_000);
  expect(total.commands).toBeLessThanOrEqual(550);
});

test('files are not named after nothing', () => {
  const nothing = /(?:^|[\\/])(?:utils?|helpers?|managers?|common|misc|shared)(?:\.[jt]s|[\\/])/;
  const all = [...sources('kernel'), ...sources('plugins'), ...sources('mcp-servers')];
  expect(all.filter((file) => nothing.test(file))).toEqual([]);
  expect(all.filter((file) => !/^[a-z0-9./\\-]+$/.test(file))).toEqual([]);
});

test('there is one zod', () => {
  const lock = JSON.parse(fs.readFileSync(path.join(HOST_DIR, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, object>;
  };
  expect(Object.keys(lock.packages).filter((name) => /(?:^|\/)node_modules\/zod$/.test(name))).toEqual([
    'node_modules/zod',
  ]);
});

test('the schema that editors use is the one of the plugins that are here', async () => {
  const file = path.join(HOST_DIR, 'config', 'pipeline.schema.json');
  expect(fs.readFileSync(file, 'utf8') === (await schemaText()), 'run: npx kernel schema --write').toBe(true);
});

test('every pipeline says where its schema is, so that editors complete it', () => {
  const dir = path.join(HOST_DIR, 'pipelines');
  for (const name of fs.readdirSync(dir, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.yaml')) continue;
    const file = path.join(dir, name);
    const schema = /^# yaml-language-server: \$schema=(\S+)\n/.exec(fs.readFileSync(file, 'utf8'))?.[1];
    expect(schema && path.resolve(path.dirname(file), schema), name).toBe(
      path.join(HOST_DIR, 'config', 'pipeline.schema.json'),
    );
  }
});
