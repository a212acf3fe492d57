import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { MAIN, PythonServer, sandboxMissing } from './python-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'python-lifecycle-'));
const HANG =
  'import os, time\nfor _ in range(3):\n    if os.fork() == 0:\n        os.setsid()\n        break\ntime.sleep(300)';
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A server with a call that hangs and a session, both with processes. */
async function busy(flags: string[] = [], env: Record<string, string> = {}): Promise<PythonServer> {
  const server = await new PythonServer(flags, env).connect();
  await server.run('x = 1', { session_id: 's' });
  server.run(HANG, { timeout_seconds: 200 }).catch(() => {});
  await expect.poll(() => server.leftovers().length, { timeout: 10_000 }).toBeGreaterThanOrEqual(5);
  return server;
}

const exited = (pid: number) => expect.poll(() => existsSync(`/proc/${pid}`), { timeout: 5_000 }).toBe(false);

describe.skipIf(sandboxMissing)('the end of the server leaves nothing', () => {
  it('on the end of stdin', async () => {
    const server = await busy();
    const { pid } = server;
    await server.close();
    await server.allGone();
    await exited(pid);
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGKILL'] as const)('on %s', async (signal) => {
    const server = await busy();
    const { pid } = server;
    process.kill(pid, signal);
    await server.allGone();
    await exited(pid);
    await server.close();
  });

  it('answers the handshake and the tool list before any Python is started', async () => {
    const server = await new PythonServer(['--python', '/nonexistent/python']).connect();
    expect((await server.client.listTools()).tools).toHaveLength(5);
    expect(server.leftovers()).toEqual([]);
    const { structuredContent } = await server.call('python_execute', { code: '1' });
    expect(structuredContent.engine ?? structuredContent.error?.code).toMatch(/pyodide|PYTHON_MISSING/);
    await server.close();
    await server.allGone();
  });
});

describe('without bubblewrap', () => {
  const path = join(folder, 'bin');
  mkdirSync(path);
  for (const file of ['python3', 'prlimit'])
    if (existsSync(`/usr/bin/${file}`)) symlinkSync(`/usr/bin/${file}`, join(path, file));

  it.skipIf(!existsSync('/usr/bin/python3'))('refuses CPython, and says what to do', async () => {
    const server = await new PythonServer(['--engine', 'cpython'], { PATH: path }).connect();
    const { structuredContent, isError } = await server.run('print(1)');
    expect(isError).toBe(true);
    expect(structuredContent.error?.code).toBe('SANDBOX_MISSING');
    expect(structuredContent.error?.message).toContain('bubblewrap (bwrap) is not installed');
    expect(structuredContent.error?.hint).toContain('--allow-unsandboxed');
    await server.close();
  });

  it('uses the embedded engine by itself', async () => {
    const server = await new PythonServer([], { PATH: path }).connect();
    expect((await server.run('6 * 7')).structuredContent).toMatchObject({
      value_json: 42,
      engine: expect.stringContaining('pyodide'),
    });
    await server.close();
    await server.allGone();
  });

  describe.skipIf(!existsSync('/usr/bin/python3') || process.platform !== 'linux')(
    'where the operator allowed it',
    () => {
      const temp = join(folder, 'temp');
      mkdirSync(temp);
      const env = { PATH: path, TMPDIR: temp, PYTHON_EXECUTOR_ALLOW_UNSANDBOXED: '1', PLANTED_SECRET: 'planted-4711' };

      it('runs CPython with limits and without the environment, and ends what a call leaves', async () => {
        const server = await new PythonServer([], env).connect();
        const { structuredContent } = await server.run(
          'import os\nprint(sorted(os.environ))\nif os.fork() == 0:\n    os.setsid()\n    while True: pass\nopen("a.txt", "w").write("x")\n7',
        );
        expect(structuredContent).toMatchObject({
          value_json: 7,
          artifacts: [{ path: 'a.txt' }],
          engine: expect.stringContaining('no sandbox'),
        });
        expect(structuredContent.stdout).not.toContain('PLANTED_SECRET');
        await server.allGone();
        const slow = await server.run('import time; time.sleep(0.4)\n8'); // long enough for the watch over the tree
        expect(slow.structuredContent.value_json).toBe(8);
        const spread = `import os, time\nfor _ in range(8):\n    if os.fork() == 0:\n        os.setsid()\n        kept = bytearray(os.urandom(1000)) * 150_000\n        time.sleep(20)\ntime.sleep(20)`;
        expect((await server.run(spread)).structuredContent.error?.code).toBe('MEMORY_EXCEEDED');
        await server.allGone();
        expect((await server.run('bytearray(1 << 30)')).structuredContent.error?.code).toBe('MEMORY_EXCEEDED');
        await server.close();
        await server.allGone();
        await expect.poll(() => readdirSync(temp), { timeout: 5_000 }).toEqual([]);
      });

      it('leaves no process after kill -9, and the next start sweeps the folders', async () => {
        const killed = await busy([], env);
        process.kill(killed.pid, 'SIGKILL');
        await killed.allGone();
        await killed.close();
        expect(readdirSync(temp)).toHaveLength(1);
        const next = await new PythonServer([], env).connect();
        await expect.poll(() => readdirSync(temp), { timeout: 5_000 }).toEqual([]);
        await next.close();
      });
    },
  );
});

describe('flags', () => {
  const start = (...flags: string[]) =>
    new Promise<{ code: number | null; stderr: string; stdout: string }>((resolve) => {
      const child = spawn(process.execPath, [MAIN, ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
      const texts = { stdout: '', stderr: '' };
      child.stdout.on('data', (chunk) => (texts.stdout += chunk));
      child.stderr.on('data', (chunk) => (texts.stderr += chunk));
      child.once('close', (code) => resolve({ code, ...texts }));
    });

  it.each([
    [['--memry-mib', '5'], /unknown argument "--memry-mib".*--memory-mib/s],
    [['--memory-mib', 'much', '--sessions', '-1'], /--memory-mib.*--sessions/s],
    [['--engine', 'jython'], /--engine.*cpython/s],
    [['--http', '99999'], /port/],
    [['--timeout-seconds'], /needs a value/],
  ])('%j ends with 2 and a clear message', async (flags, message) => {
    const { code, stderr } = await start(...flags);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('    at ');
  });

  it('--help shows every flag with its default', async () => {
    const { code, stdout } = await start('--help');
    expect(code).toBe(0);
    expect(stdout).toMatch(/--memory-mib .*default 512/);
  });

  it('refuses to listen beyond loopback without a token', async () => {
    const { code, stderr } = await start('--http', '0', '--host', '0.0.0.0');
    expect(code).toBe(1);
    expect(stderr).toContain('PYTHON_EXECUTOR_TOKEN');
  });
});
