import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HOST_DIR } from '../../kernel/resolve.ts';
import { KERNEL_BIN, PROJECT_NODE, startKernelProcess } from '../support/boot-kernel.ts';
import { until } from '../support/workbench.ts';

const FIXTURES = path.join(HOST_DIR, 'test', 'fixtures');
const GREETING = path.join(FIXTURES, 'pipelines', 'greeting.yaml');
const ONCE = path.join(FIXTURES, 'pipelines', 'once.yaml');

let dir: string;
beforeEach(() => {
  dir = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'cli-')));
});
afterEach(() => {
  fs.rmSync(dir, { recursive: true, force: true });
});

const kernel = (args: readonly string[], options: { env?: Record<string, string>; cwd?: string } = {}) => {
  const { stdout, stderr, status } = spawnSync(process.execPath, [KERNEL_BIN, ...args], {
    encoding: 'utf8',
    timeout: 20_000,
    cwd: options.cwd ?? HOST_DIR,
    env: { ...process.env, ...options.env },
  });
  return { stdout, stderr, status };
};

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('mode cli', () => {
  test('runs the main plugin with the arguments after --, and exits with its code', () => {
    expect(kernel(['start', ONCE, '--', 'ann', '--bob'], { env: { CODE: '7', TITLE: 'old' } })).toEqual({
      status: 7,
      stdout: 'hello ann, good day, old ann! (1)\nhello --bob, good day, old --bob! (2)\n',
      stderr: '',
    });
  });

  test('Ctrl-C aborts its signal; it ends as it wants', async () => {
    const child = spawn(process.execPath, [KERNEL_BIN, 'start', ONCE, '--', 'wait'], {
      env: { ...process.env, CODE: '3', LOG_LEVEL: 'info' },
    });
    let log = '';
    child.stderr.on('data', (text) => {
      log += text;
    });
    await until('the start', () => log.includes('Kernel ready.'));
    child.kill('SIGINT');
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(3);
  });
});

describe('a running kernel', () => {
  test('is shown by status, with secrets masked everywhere', async () => {
    const file = path.join(dir, 'secrets.yaml');
    fs.writeFileSync(
      file,
      `kernel: 1
mode: server
name: secrets
dirs: [${FIXTURES}/plugins]
plugins:
  ledger: {}
  teller: { pin: "\${PIN}", apiKey: "\${KEY}", url: "postgres://me:\${DB}@host/db" }
`,
    );
    const env = { PIN: 'pin-4711-secret', KEY: 'key-0815-secret', DB: 'db-pass"word' };
    const running = await startKernelProcess(file, { env });
    try {
      const { stdout } = kernel(['status', '--json']);
      const status = (JSON.parse(stdout) as { pid: number }[]).find(({ pid }) => pid === running.pid);
      expect(status).toMatchObject({
        pipeline: 'secrets',
        state: 'running',
        ready: true,
        plugins: [
          { id: 'ledger' },
          { id: 'teller', config: { pin: '***', apiKey: '***', url: 'postgres://me:***@host/db', line: 'open' } },
        ],
      });
      expect(kernel(['status']).stdout).toContain(`secrets (server, pid ${running.pid}) running, healthy`);
      expect(running.lines().find(({ msg }) => msg === 'Opened.')).toMatchObject({ pin: '***' });
      const all = stdout + running.output.stderr + running.output.stdout;
      for (const value of Object.values(env)) expect(all).not.toContain(value);
      expect(all).not.toContain('db-pass');
    } finally {
      expect(await running.stop()).toBe(0);
    }
    expect(JSON.parse(kernel(['status', '--json']).stdout).map(({ pid }: { pid: number }) => pid)).not.toContain(
      running.pid,
    );
  });

  test('that is frozen is shown as not answering, with its process', async () => {
    const running = await startKernelProcess(GREETING);
    // It answers a moment after it is ready.
    await until('an answer', () => kernel(['status']).stdout.includes(`pid ${running.pid})`));
    running.child.kill('SIGSTOP');
    try {
      const begun = Date.now();
      const { stdout, status } = kernel(['status', '--json']);
      expect(Date.now() - begun).toBeLessThan(6_000);
      expect(status).toBe(1);
      const found = (JSON.parse(stdout) as { pid: number }[]).find(({ pid }) => pid === running.pid);
      expect(found).toEqual({ pid: running.pid, state: 'not answering', ok: false });
      expect(kernel(['status']).stdout).toContain(`pid ${running.pid} NOT ANSWERING`);
    } finally {
      running.child.kill('SIGCONT');
      await running.stop();
    }
  });

  test('ends at once on a second signal', async () => {
    const stubborn = path.join(dir, 'plugins', 'stubborn');
    fs.mkdirSync(stubborn, { recursive: true });
    fs.writeFileSync(
      path.join(stubborn, 'index.ts'),
      `import { z } from 'zod';
import { definePlugin } from '#kernel';
export default definePlugin({ name: 'stubborn', summary: 'x', config: z.strictObject({}), create: () => ({ stop: () => new Promise<void>(() => {}) }) });
`,
    );
    const file = path.join(dir, 'p.yaml');
    fs.writeFileSync(
      file,
      'kernel: 1\nmode: server\ndirs: [plugins]\nplugins: { stubborn: {} }\nlimits: { stopMs: 60000 }\n',
    );
    const running = await startKernelProcess(file);
    running.child.kill('SIGTERM');
    await until('the first signal', () => running.output.stderr.includes('Signal received'));
    running.child.kill('SIGTERM');
    expect(await running.exited).toBe(130);
  });

  test('outlives a rejected promise, and stops in order after an uncaught exception', async () => {
    const rash = path.join(dir, 'plugins', 'rash');
    fs.mkdirSync(rash, { recursive: true });
    fs.writeFileSync(
      path.join(rash, 'index.ts'),
      `import { z } from 'zod';
import { definePlugin } from '#kernel';
export default definePlugin({
  name: 'rash', summary: 'x', config: z.strictObject({}),
  create: ({ defer, log }) => ({
    start: () => {
      defer(() => log.info('Undone.'));
      setTimeout(() => void Promise.reject(new Error('nobody cares')), 50);
      setTimeout(() => { throw new Error('nobody catches'); }, 250);
    },
  }),
});
`,
    );
    const file = path.join(dir, 'p.yaml');
    fs.writeFileSync(file, 'kernel: 1\nmode: server\ndirs: [plugins]\nplugins: { rash: {} }\n');
    const running = await startKernelProcess(file);
    await until('the rejection', () => running.output.stderr.includes('nobody cares'));
    expect(running.child.exitCode).toBe(null);
    expect(await running.exited).toBe(1);
    const lines = running.lines();
    expect(lines.find(({ reason }) => reason === 'nobody cares')).toMatchObject({ level: 'error', plugin: 'rash' });
    expect(lines.find(({ reason }) => reason === 'nobody catches')).toMatchObject({ level: 'error', plugin: 'rash' });
    expect(lines.some(({ msg }) => msg === 'Undone.')).toBe(true);
  });
});

describe('a plugin that does not start', () => {
  test('ends the kernel with one error, after what had started was stopped', () => {
    const late = path.join(dir, 'plugins', 'late');
    fs.mkdirSync(late, { recursive: true });
    fs.writeFileSync(
      path.join(late, 'index.ts'),
      `import { z } from 'zod';
import { definePlugin } from '#kernel';
import { COUNTER } from '#plugins/counter/api';
export default definePlugin({
  name: 'late', summary: 'x', config: z.strictObject({}), requires: { counter: COUNTER },
  create: () => ({ start: () => new Promise<void>(() => {}) }),
});
`,
    );
    fs.writeFileSync(
      path.join(dir, 'p.yaml'),
      `kernel: 1\nmode: server\ndirs: [plugins, ${FIXTURES}/plugins]\nlimits: { startMs: 150 }\nplugins:\n  counter: {}\n  late: {}\n`,
    );
    const { status, stderr } = kernel(['start', 'p.yaml'], { cwd: dir });
    expect(status).toBe(1);
    expect(stderr).toContain(
      'PLUGIN_START: plugin "late" (p.yaml:7:3) failed in start(): no end of start() after 0.15 s',
    );
    expect(stderr).toMatch(/"plugin":"counter","msg":"Plugin stopped\."/);
  });
});

test('a kernel that is killed leaves its compiled code to the next, which V8 takes', async () => {
  const env = { TMPDIR: dir, NODE_DEBUG_NATIVE: 'COMPILE_CACHE' };
  const first = await startKernelProcess(GREETING, { env });
  const written = /writing cache for ESM \S+kernel\/boot\.ts .*success/;
  await until('the code cache', () => written.test(first.output.stderr));
  (first.child as ChildProcess).kill('SIGKILL');
  const second = await startKernelProcess(GREETING, { env });
  expect(second.output.stderr).toMatch(/kernel\/boot\.ts was accepted/);
  expect(second.output.stderr).not.toContain('was rejected');
  expect(await second.stop()).toBe(0);
});

/** An older Node on this machine, if there is one: the launcher must find the project's own. */
const oldNode = ['/usr/bin/node', '/usr/local/bin/node'].find((file) => {
  const { stdout } = spawnSync(file, ['-p', 'process.versions.node'], { encoding: 'utf8' });
  return /^(?:1[2-9]|20|21)\./.test(stdout ?? '');
});

describe.skipIf(oldNode === undefined)('on an old Node', () => {
  const childOf = (pid: number): number =>
    Number(fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]);

  test('the launcher runs the newer one, and passes arguments, output and exit code on', () => {
    const { stdout, status } = spawnSync(oldNode!, [KERNEL_BIN, 'start', ONCE, '--', 'ann'], {
      encoding: 'utf8',
      env: { ...process.env, CODE: '5' },
    });
    expect({ stdout, status }).toEqual({ stdout: 'hello ann, good day, dear ann! (1)\n', status: 5 });
  });

  test('SIGTERM ends both in order', async () => {
    const running = await startKernelProcess(GREETING, { node: oldNode! });
    const child = childOf(running.pid);
    expect(await running.stop()).toBe(0);
    expect(alive(child)).toBe(false);
    expect(running.output.stderr).toContain('Kernel stopped.');
  });

  test('kill -9 of the launcher ends the kernel too', async () => {
    const running = await startKernelProcess(GREETING, { node: oldNode! });
    const child = childOf(running.pid);
    expect(alive(child)).toBe(true);
    (running.child as ChildProcess).kill('SIGKILL');
    await until('the end of the kernel', () => !alive(child));
  });
});

test('ends with the npm that started it, though npm ends only the shell between them', async () => {
  const shell = spawn('sh', ['-c', `"${PROJECT_NODE}" "${KERNEL_BIN}" start "${GREETING}"; exit $?`], {
    env: { ...process.env, npm_command: 'exec' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  shell.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  await until('the ready line', () => log.includes('"Kernel ready."'));
  shell.kill('SIGKILL');
  await until('the end of the kernel', () => log.includes('"Kernel stopped."'));
});
