import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

// npm run bench                every benchmark, one after the other
// npm run bench -- dispatch    those whose name contains the word; what comes after it goes to the benchmark
const [word = '', ...rest] = process.argv.slice(2);
const all = readdirSync(import.meta.dirname).filter((name) => /\.bench\.ts$|^seed-load\.ts$/.test(name));
const chosen = all.filter((name) => name.includes(word));
if (chosen.length === 0) {
  process.stderr.write(`no benchmark is named like "${word}"; there are: ${all.join(', ')}\n`);
  process.exit(2);
}
for (const name of chosen) {
  process.stdout.write(`\n== ${name}\n`);
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, name), ...rest], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
