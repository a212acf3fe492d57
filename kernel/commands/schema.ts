import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { fault, nearest } from '../errors.ts';
import { findAll, loadAll } from '../examine.ts';
import type { Loaded } from '../load.ts';
import { showPlace } from '../problem.ts';
import { HOST_DIR } from '../resolve.ts';
import { jsonSchema, optionTable } from './json-schema.ts';

export const SCHEMA_FILE = path.join(HOST_DIR, 'config', 'pipeline.schema.json');
const BEGIN = '<!-- options -->';
const END = '<!-- /options -->';

export async function schema(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: { readme: { type: 'string' }, write: { type: 'boolean', default: false } },
  });
  if (values.readme !== undefined) return readme(values.readme, values.write);
  const text = await schemaText();
  if (values.write) {
    fs.mkdirSync(path.dirname(SCHEMA_FILE), { recursive: true });
    fs.writeFileSync(SCHEMA_FILE, text);
  } else process.stdout.write(text);
  return 0;
}

/** The schema of the plugins that come with the kernel; others are not in it, and stay allowed. */
export async function schemaText(): Promise<string> {
  const plugins = [...(await ownPlugins()).values()];
  const broken = plugins.find(({ failure }) => failure !== undefined);
  if (broken?.failure) throw fault(broken.failure.code, `${showPlace(broken.failure.at)} ${broken.failure.what}`);
  const specs = plugins.flatMap(({ spec }) => spec ?? []);
  return `${JSON.stringify(jsonSchema(specs), null, 2)}\n`;
}

const ownPlugins = (dirs = [path.join(HOST_DIR, 'plugins')]): Promise<Map<string, Loaded>> =>
  loadAll([...findAll(dirs).folders.values()]);

async function readme(name: string, write: boolean): Promise<number> {
  const plugins = await ownPlugins([path.resolve('plugins'), path.join(HOST_DIR, 'plugins')]);
  const plugin = plugins.get(name);
  if (plugin?.spec === undefined) {
    const meant = nearest(name, plugins.keys()).join(' or ');
    process.stderr.write(
      `kernel schema: ${plugin?.failure?.what ?? `no plugin "${name}"${meant && `; did you mean ${meant}?`}`}\n`,
    );
    return 2;
  }
  const table = optionTable(plugin.spec);
  if (!write) process.stdout.write(table);
  else {
    const file = path.join(plugin.dir, 'README.md');
    fs.writeFileSync(file, withTable(fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : `# ${name}\n`, table));
  }
  return 0;
}

/** Puts the table between its marks; the first time in place of a table of options that somebody wrote by hand. */
function withTable(text: string, table: string): string {
  const block = `${BEGIN}\n${table}${END}`;
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (from >= 0 && to > from) return text.slice(0, from) + block + text.slice(to + END.length);
  const byHand = /^\| option \|.*\n(?:\|.*\n?)+/im;
  if (byHand.test(text)) return text.replace(byHand, () => `${block}\n`);
  return `${text.trimEnd()}\n\n## Options\n\n${block}\n`;
}
