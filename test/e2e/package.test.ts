import { execFile, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { HOST_DIR } from '../../kernel/resolve.ts';
import { freePort } from '../support/free-port.ts';

const run = promisify(execFile);
const HELLO = resolve(import.meta.dirname, '../fixtures/plugins/hello-tool');
/** The Node that runs the tests, before any other on the PATH. */
const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH}` };

let dir: string;
let folder: string;

/** The package as it would be published, installed into an empty folder. */
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'package-'));
  const clone = join(dir, 'clone');
  // A copy, because packing writes into the folder that it packs.
  mkdirSync(clone);
  for (const name of readdirSync(HOST_DIR)) {
    if (['node_modules', '.git', 'data', 'dist', 'test'].includes(name)) continue;
    cpSync(join(HOST_DIR, name), join(clone, name), {
      recursive: true,
      filter: (from) => !from.includes('node_modules'),
    });
  }
  await run('ln', ['-s', join(HOST_DIR, 'node_modules'), join(clone, 'node_modules')]);
  await run('npm', ['pack', '--silent'], { cwd: clone, env });
  const packed = readdirSync(clone).find((name) => name.endsWith('.tgz'))!;
  folder = join(dir, 'empty');
  mkdirSync(folder);
  await run('npm', ['init', '-y'], { cwd: folder, env });
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', join(clone, packed)], {
    cwd: folder,
    env,
  });
}, 180_000);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

it('brings no Node of its own, no tests and no TypeScript', () => {
  const installed = readdirSync(join(folder, 'node_modules'));
  expect(installed.filter((name) => name.startsWith('node-linux') || name === 'vitest')).toEqual([]);
  const shipped = readdirSync(join(folder, 'node_modules/datapresso/dist'), { recursive: true, encoding: 'utf8' });
  expect(shipped.filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))).toEqual([]);
});

it('serves from its own pipeline, runs Python, and loads a TypeScript plugin beside it', async () => {
  cpSync(HELLO, join(folder, 'plugins/hello-tool'), { recursive: true });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/api/v1/tools/execute`;
  const kernel = spawn(join(folder, 'node_modules/.bin/kernel'), ['start', 'server'], {
    cwd: folder,
    env: { ...env, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise((resolve) => kernel.once('exit', resolve));
  let log = '';
  kernel.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  try {
    for (let tries = 0; !log.includes('"Kernel ready."'); tries++) {
      if (tries > 200) throw new Error(`not ready:\n${log}`);
      await new Promise((wake) => setTimeout(wake, 50));
    }
    const execute = async (tool: string, parameters: object) => {
      const body = JSON.stringify({ parameters });
      const answer = await fetch(`${url}/${tool}`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json' },
      });
      return (await answer.json()) as { success: boolean; output: unknown };
    };
    expect(await execute('python-executor', { code: 'sum(range(10))' })).toMatchObject({
      success: true,
      output: { value: '45' },
    });
    expect(await execute('hello-tool/hello', { name: 'Ada' })).toMatchObject({ output: 'hello Ada' });
  } finally {
    kernel.kill('SIGTERM');
    await ended;
  }
}, 60_000);
