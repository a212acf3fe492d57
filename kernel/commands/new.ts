import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { HOST_DIR } from '../resolve.ts';
import { templates } from './new-plugin.ts';

export async function create(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    options: { dir: { type: 'string', default: 'plugins' } },
    allowPositionals: true,
  });
  const [name] = positionals;
  if (positionals.length !== 1 || name === undefined || !/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(name)) {
    process.stderr.write('kernel new: give one name in lower case letters, digits and hyphens, e.g. my-plugin\n');
    return 2;
  }
  const dir = path.resolve(values.dir, name);
  if (fs.existsSync(dir)) {
    process.stderr.write(`kernel new: ${dir} is there already\n`);
    return 2;
  }
  const inClone = path.resolve(values.dir) === path.join(HOST_DIR, 'plugins');
  const { files, test } = templates(name);
  for (const [file, text] of Object.entries(files)) write(path.join(dir, file), text);
  if (inClone) write(path.join(HOST_DIR, 'test', 'plugins', name, `${name}.test.ts`), test);
  process.stdout.write(
    `next: put its interface into api.ts, name it in a pipeline (plugins: { ${name}: {} }), kernel check\n`,
  );
  return 0;
}

function write(file: string, text: string): void {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text, { flag: 'wx' });
  process.stdout.write(`wrote ${path.relative(process.cwd(), file)}\n`);
}
