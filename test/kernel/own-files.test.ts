import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { HOST_DIR } from '../../kernel/resolve.ts';
import { PROJECT_NODE } from '../support/boot-kernel.ts';
import { until } from '../support/workbench.ts';

test('an edit of the kernel itself asks for a restart; a new time stamp or mode does not', async () => {
  const dir = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'own-files-')));
  fs.cpSync(path.join(HOST_DIR, 'kernel'), path.join(dir, 'kernel'), { recursive: true });
  fs.copyFileSync(path.join(HOST_DIR, 'package.json'), path.join(dir, 'package.json'));
  fs.symlinkSync(path.join(HOST_DIR, 'node_modules'), path.join(dir, 'node_modules'));
  const value = path.join(dir, 'plugins', 'value', 'index.ts');
  fs.mkdirSync(path.dirname(value), { recursive: true });
  const source = `import { z } from 'zod';
import { definePlugin } from '#kernel';
export default definePlugin({ name: 'value', summary: 'A value.', config: z.strictObject({}), create: () => ({}) });
`;
  fs.writeFileSync(value, source);
  fs.writeFileSync(path.join(dir, 'p.yaml'), 'kernel: 1\nmode: server\nplugins: { value: {} }\n');
  const child = spawn(PROJECT_NODE, ['kernel/bin.js', 'start', 'p.yaml'], { cwd: dir });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  let edits = 0;
  const swapped = async (): Promise<void> => {
    fs.writeFileSync(value, `${source}// edit ${++edits}\n`);
    await until('a swap', () => log.split('Plugin swapped.').length > edits);
  };
  try {
    await until('the start', () => log.includes('Kernel ready.'), 15_000);
    await swapped();
    const file = path.join(dir, 'kernel', 'limits.ts');
    fs.utimesSync(file, new Date(), new Date());
    fs.chmodSync(path.join(dir, 'package.json'), 0o600);
    await swapped();
    expect(log).not.toContain('Restart needed');
    fs.appendFileSync(file, '// edited\n');
    await until('the warning', () => log.includes('Restart needed: kernel/ was edited.'));
    fs.appendFileSync(path.join(dir, 'package.json'), '\n');
    await until('the other', () => log.includes('Restart needed: package.json was edited.'));
  } finally {
    child.kill('SIGTERM');
    await exited;
    fs.rmSync(dir, { recursive: true, force: true });
  }
});
