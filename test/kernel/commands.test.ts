import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HOST_DIR } from '../../kernel/resolve.ts';
import { KERNEL_BIN } from '../support/boot-kernel.ts';

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

describe('commands', () => {
  test('explain themselves', () => {
    expect(kernel(['--help'])).toMatchObject({ status: 0, stdout: expect.stringContaining('start') });
    for (const command of ['start', 'check', 'list', 'status', 'new', 'schema'])
      expect(kernel([command, '--help'])).toMatchObject({
        status: 0,
        stdout: expect.stringContaining(`kernel ${command}`),
      });
    expect(kernel([])).toMatchObject({ status: 2 });
    expect(kernel(['chek'])).toMatchObject({ status: 2, stderr: expect.stringContaining('did you mean "check"?') });
    expect(kernel(['check', '--bogus'])).toMatchObject({ status: 2, stderr: expect.stringContaining('--bogus') });
  });

  test('check exits with 0 or 2', () => {
    expect(kernel(['check', GREETING])).toMatchObject({ status: 0, stdout: expect.stringContaining('ok, 2 plugins') });
    expect(kernel(['check', GREETING, `${FIXTURES}/pipelines/bad/mistakes.yaml`])).toMatchObject({ status: 2 });
    expect(kernel(['start', `${FIXTURES}/pipelines/bad/mistakes.yaml`])).toMatchObject({ status: 2 });
  });

  test('check names who needs a service that cannot serve, and is content: the rest works', () => {
    const plugin = (name: string, text: string) => {
      fs.mkdirSync(path.join(dir, 'plugins', name), { recursive: true });
      fs.writeFileSync(
        path.join(dir, 'plugins', name, 'index.ts'),
        `import { z } from 'zod';\nimport { definePlugin, token } from '#kernel';\nconst VOICE = token<object>('voice');\n${text}`,
      );
    };
    plugin(
      'voice',
      `export default definePlugin({ name: 'voice', summary: 'Speaks.', provides: { voice: VOICE },
        config: z.strictObject({ throat: z.string().default('').describe('with what') }),
        lacks: ({ throat }) => (throat === '' ? 'no throat is set (voice.throat)' : undefined),
        create: () => ({ voice: {} }) });`,
    );
    plugin(
      'singer',
      `export default definePlugin({ name: 'singer', summary: 'Sings.', config: z.strictObject({}),
        requires: { voice: VOICE }, create: () => ({}) });`,
    );
    plugin(
      'band',
      `export default definePlugin({ name: 'band', summary: 'Plays.', optional: { voice: VOICE },
        config: z.strictObject({ sings: z.boolean().default(false).describe('whether somebody sings') }),
        needs: ({ sings }) => (sings ? ['voice'] : []), create: () => ({}) });`,
    );
    const file = path.join(dir, 'choir.yaml');
    const check = (options: string): string => {
      fs.writeFileSync(file, `kernel: 1\nmode: server\ndirs: [${dir}/plugins]\nplugins:\n${options}`);
      const { status, stdout } = kernel(['check', file]);
      expect(status, stdout).toBe(0);
      return stdout;
    };
    const said = check('  voice: {}\n  singer: {}\n  band: {}\n');
    expect(said).toContain(`note: ${file}:6:3 "singer" needs "voice": no throat is set (voice.throat)\n`);
    expect(said).not.toContain('"band"');
    expect(check('  voice: {}\n  band: { sings: true }\n')).toContain('"band" needs "voice"');
    expect(check('  voice: { throat: gold }\n  singer: {}\n')).not.toContain('note:');
  });

  test('a bare name is looked for in pipelines/, here, and beside the kernel', () => {
    fs.mkdirSync(path.join(dir, 'pipelines'));
    const pipeline = `kernel: 1\nmode: server\ndirs: [${FIXTURES}/plugins]\nplugins: { counter: {} }\n`;
    fs.writeFileSync(path.join(dir, 'pipelines', 'mine.yaml'), pipeline);
    expect(kernel(['check', 'mine'], { cwd: dir })).toMatchObject({ status: 0, stdout: 'mine: ok, 1 plugins\n' });
    expect(kernel(['check', 'nowhere'], { cwd: dir })).toMatchObject({
      status: 2,
      stdout: expect.stringContaining('PIPELINE_MISSING'),
    });
  });

  test('list shows what there is', () => {
    const { stdout } = kernel(['list', ONCE, '--json']);
    const rows = JSON.parse(stdout) as { name: string }[];
    expect(rows.find(({ name }) => name === 'greeter')).toMatchObject({
      provides: ['greeter', 'greeter.style:plain'],
      requires: ['counter', 'all greeter.style'],
    });
  });

  test('new writes a plugin that checks, starts and has an up to date README', () => {
    expect(kernel(['new', 'my-plugin', '--dir', dir])).toMatchObject({ status: 0 });
    fs.writeFileSync(path.join(dir, 'p.yaml'), 'kernel: 1\nmode: server\ndirs: [.]\nplugins: { my-plugin: {} }\n');
    expect(kernel(['check', 'p.yaml'], { cwd: dir })).toMatchObject({ status: 0 });
    expect(kernel(['new', 'my-plugin', '--dir', dir])).toMatchObject({ status: 2 });
    expect(kernel(['new', 'My Plugin'])).toMatchObject({ status: 2 });
    fs.mkdirSync(path.join(dir, 'plugins'));
    fs.renameSync(path.join(dir, 'my-plugin'), path.join(dir, 'plugins', 'my-plugin'));
    const readme = fs.readFileSync(path.join(dir, 'plugins', 'my-plugin', 'README.md'), 'utf8');
    expect(readme).toContain(kernel(['schema', '--readme', 'my-plugin'], { cwd: dir }).stdout);
    expect(kernel(['schema', '--readme', 'my-plugin', '--write'], { cwd: dir })).toMatchObject({ status: 0 });
    expect(fs.readFileSync(path.join(dir, 'plugins', 'my-plugin', 'README.md'), 'utf8')).toBe(readme);
  });

  test('say which version this is', () => {
    const { version } = JSON.parse(fs.readFileSync(path.join(HOST_DIR, 'package.json'), 'utf8'));
    for (const flag of ['--version', '-v'])
      expect(kernel([flag])).toMatchObject({ status: 0, stdout: `${version} (Node ${process.versions.node})\n` });
  });

  test('refuse a log level that there is not', () => {
    const env = { LOG_LEVEL: 'wran' };
    const said = expect.stringContaining(
      'LOG_LEVEL is "wran"; it may be debug, info, warn, error; did you mean "warn"?',
    );
    expect(kernel(['check', GREETING], { env })).toMatchObject({ status: 2, stdout: said });
    expect(kernel(['start', GREETING], { env })).toMatchObject({ status: 2, stderr: said });
    expect(kernel(['check', GREETING], { env: { LOG_LEVEL: 'WARN' } })).toMatchObject({ status: 0 });
    expect(kernel(['check', GREETING], { env: { LOG_LEVEL: '' } })).toMatchObject({ status: 0 });
  });

  test('new ends with what to do next', () => {
    const plain = kernel(['new', 'my-plugin', '--dir', dir]).stdout;
    expect(plain).toMatch(/\nNext:\n {2}1\. [\s\S]*plugins: \{ my-plugin: \{\} \}[\s\S]*kernel check/);
    expect(kernel(['new', '--help']).stdout).toContain('[--tool]');
    expect(kernel(['new', 'other', '--tol', '--dir', dir])).toMatchObject({ status: 2 });
  });

  test('new --tool writes one that can be called where it is dropped, and whose README is up to date', () => {
    const { stdout } = kernel(['new', 'my-echo', '--tool', '--dir', 'plugins'], { cwd: dir });
    expect(stdout).toContain('api/v1/tools/execute/my-echo/greet');
    const include = [path.join(HOST_DIR, 'pipelines', 'tools.yaml')];
    const pipeline = { kernel: 1, include, drop: true, dirs: ['plugins'], plugins: { 'bundled-servers': 'off' } };
    fs.writeFileSync(path.join(dir, 'p.yaml'), JSON.stringify(pipeline));
    const env = { DATA_DIR: path.join(dir, 'data'), MCP_CONFIG: path.join(dir, 'mcp.json') };
    const called = kernel(['start', 'p.yaml', '--', 'call', 'my-echo/greet', 'name=Ada'], { cwd: dir, env });
    expect(called).toMatchObject({ status: 0, stdout: 'hello Ada\n' });
    const readme = fs.readFileSync(path.join(dir, 'plugins', 'my-echo', 'README.md'), 'utf8');
    expect(readme).toContain(kernel(['schema', '--readme', 'my-echo'], { cwd: dir }).stdout);
  });
});
