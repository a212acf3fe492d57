import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { HOST_DIR } from '../resolve.ts';

/**
 * Each folder is a kind of plugin: files that end in `.txt`, with the name that is asked for in place of `__name__`.
 * `NAME.test.ts` goes where the project's tests are, `next-steps.txt` is shown at the end.
 */
const TEMPLATES = path.join(HOST_DIR, 'kernel', 'templates');
const PLAIN = 'plugin';

const kinds = (): string[] => fs.readdirSync(TEMPLATES).filter((kind) => kind !== PLAIN);
export const usage = (): string => `kernel new NAME [--dir FOLDER]${kinds().map((kind) => ` [--${kind}]`)}`;

export async function create(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    options: {
      dir: { type: 'string', default: 'plugins' },
      ...Object.fromEntries(kinds().map((kind) => [kind, { type: 'boolean' } as const])),
    },
    allowPositionals: true,
  });
  const [name] = positionals;
  if (positionals.length !== 1 || name === undefined || !/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(name)) {
    process.stderr.write('kernel new: give one name in lower case letters, digits and hyphens, e.g. my-plugin\n');
    return 2;
  }
  const within = path.resolve(String(values.dir));
  const dir = path.join(within, name);
  if (fs.existsSync(dir)) {
    process.stderr.write(`kernel new: ${dir} is there already\n`);
    return 2;
  }
  const template = path.join(TEMPLATES, kinds().find((kind) => (values as Record<string, unknown>)[kind]) ?? PLAIN);
  const inClone = within === path.join(HOST_DIR, 'plugins') && fs.existsSync(path.join(HOST_DIR, 'test'));
  const fill = filler(name);
  for (const file of fs.readdirSync(template)) {
    const text = fill(fs.readFileSync(path.join(template, file), 'utf8'));
    const to = fill(file.replace(/\.txt$/, ''));
    if (file === 'next-steps.txt') continue;
    if (!to.endsWith('.test.ts')) write(path.join(dir, to), text);
    else if (inClone) write(path.join(HOST_DIR, 'test', 'plugins', name, to), text);
  }
  process.stdout.write(fill(fs.readFileSync(path.join(template, 'next-steps.txt'), 'utf8')));
  return 0;
}

/** `my-plugin` as it is written in file names, types, variables, constants and tokens. */
function filler(name: string): (text: string) => string {
  const words = name.split('-');
  const pascal = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  const forms: Readonly<Record<string, string>> = {
    __name__: name,
    __Name__: pascal,
    __camelName__: pascal.charAt(0).toLowerCase() + pascal.slice(1),
    __NAME__: words.join('_').toUpperCase(),
    '__dotted.name__': words.join('.'),
  };
  return (text) => text.replace(/__[A-Za-z.]+?__/g, (found) => forms[found] ?? found);
}

function write(file: string, text: string): void {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text, { flag: 'wx' });
  process.stdout.write(`wrote ${path.relative(process.cwd(), file)}\n`);
}
