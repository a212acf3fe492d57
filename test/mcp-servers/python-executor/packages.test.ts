import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PythonServer, sandboxMissing } from './python-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'python-packages-'));
const WHEEL = 'house_made-1.2.0-py3-none-any.whl';
let index: Server;
let url: string;

/** The smallest wheel that pip accepts, and an index that serves it. */
beforeAll(async () => {
  if (sandboxMissing) return;
  const build = `import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as wheel:
    info = "house_made-1.2.0.dist-info/"
    wheel.writestr("house_made.py", "answer = 42\\n")
    wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: house-made\\nVersion: 1.2.0\\n")
    wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(info + "RECORD", "")`;
  execFileSync('python3', ['-c', build, join(folder, WHEEL)]);
  index = createServer((request, response) => {
    if (request.url === '/simple/house-made/')
      response.setHeader('content-type', 'text/html').end(`<a href="/${WHEEL}">${WHEEL}</a>`);
    else if (request.url === `/${WHEEL}`) response.end(readFileSync(join(folder, WHEEL)));
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => index.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(index.address() as AddressInfo).port}/simple`;
});
afterAll(async () => {
  if (index) await new Promise((resolve) => index.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

const hasPip = !sandboxMissing && existsSync('/usr/bin/pip3');
if (!hasPip) process.stderr.write('python-executor: the test that installs a package is left out; there is no pip\n');

async function withServer(flags: string[], use: (server: PythonServer) => Promise<void>): Promise<void> {
  const server = await new PythonServer(flags).connect();
  try {
    await use(server);
  } finally {
    await server.close();
    await server.allGone();
  }
}

describe.skipIf(sandboxMissing)('python_install_packages', () => {
  const install = (server: PythonServer, ...packages: string[]) =>
    server.call('python_install_packages', { session_id: 's', packages });

  it('is off by default, and says how to allow it', () =>
    withServer([], async (server) => {
      const { structuredContent, isError } = await install(server, 'numpy');
      expect(isError).toBe(true);
      expect(structuredContent.error).toMatchObject({
        code: 'PACKAGES_REFUSED',
        hint: expect.stringContaining('--allow-packages'),
      });
    }));

  it('refuses other names, URLs, paths and options', () =>
    withServer(['--allow-packages', 'house-made'], async (server) => {
      expect((await install(server, 'numpy')).structuredContent.error).toMatchObject({
        code: 'PACKAGES_REFUSED',
        message: expect.stringContaining('house-made'),
      });
      for (const bad of [
        'https://example.com/x.whl',
        '/etc/passwd',
        './x',
        '--index-url=http://x',
        '-r',
        'house-made @ file:///x',
        'git+ssh://x',
        'house-made; x',
        'a b',
      ]) {
        expect((await install(server, bad)).structuredContent.error?.code).toBe('BAD_INPUT');
      }
    }));

  it.skipIf(!hasPip)('installs an allowed package for the one session', () =>
    withServer(['--allow-packages', 'House_Made', '--package-index', url], async (server) => {
      await server.run('x = 1', { session_id: 's' });
      const { structuredContent } = await install(server, 'house-made==1.2.0');
      expect(structuredContent).toMatchObject({ success: true, installed: ['house-made-1.2.0'] });
      expect(
        (await server.run('import house_made; house_made.answer + x', { session_id: 's' })).structuredContent
          .value_json,
      ).toBe(43);
      expect(
        (await server.run('open("/packages/evil.py", "w")', { session_id: 's' })).structuredContent.error?.type,
      ).toBe('OSError');
      expect((await server.run('import house_made', { session_id: 'other' })).structuredContent.error?.type).toBe(
        'ModuleNotFoundError',
      );
      expect((await server.run('import house_made')).structuredContent.error?.type).toBe('ModuleNotFoundError');
    }),
  );

  it.skipIf(!hasPip)('fails clearly where no index can be reached', () =>
    withServer(['--allow-packages', 'house-made', '--package-index', 'http://127.0.0.1:9/simple'], async (server) => {
      const { structuredContent } = await install(server, 'house-made');
      expect(structuredContent.error).toMatchObject({
        code: 'PACKAGES_FAILED',
        message: expect.stringContaining('house-made'),
      });
      expect((await server.run('6 * 7', { session_id: 's' })).structuredContent.value_json).toBe(42);
    }),
  );
});
