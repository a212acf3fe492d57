import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { PythonServer, sandboxMissing } from './python-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'python-interpreter-'));
chmodSync(folder, 0o755);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the server answers to a call with this interpreter or PATH. */
async function run(flags: string[], env: Record<string, string>, code: string) {
  const server = await new PythonServer(['--engine', 'cpython', ...flags], env).connect();
  try {
    return (await server.run(code)).structuredContent;
  } finally {
    await server.close();
    await server.allGone();
  }
}

describe.skipIf(sandboxMissing || !existsSync('/usr/bin/python3'))('the interpreter', () => {
  it('can be a virtual environment, of which only its own folders are visible', async () => {
    const environment = join(folder, 'venv');
    execFileSync('/usr/bin/python3', ['-m', 'venv', '--without-pip', environment]);
    writeFileSync(join(folder, 'beside.txt'), 'not to be seen');
    const code = `import sys, os\n(sys.prefix, os.listdir(${JSON.stringify(folder)}))`;
    expect((await run([], { PYTHON: join(environment, 'bin/python3') }, code)).value).toBe(
      `('${environment}', ['venv'])`,
    );
  });

  it('is found behind a shim', async () => {
    const bin = join(folder, 'shims');
    mkdirSync(bin);
    writeFileSync(join(bin, 'python3'), '#!/bin/sh\nexec /usr/bin/python3 "$@"\n', { mode: 0o755 });
    const { value } = await run([], { PATH: `${bin}:${process.env.PATH}` }, 'import sys; sys.executable');
    expect(value).toBe("'/usr/bin/python3'");
  });

  it.skipIf(process.getuid?.() !== 0)('is passed over where the sandbox user cannot read it', async () => {
    const hidden = join(folder, 'hidden');
    mkdirSync(hidden, { mode: 0o700 });
    execFileSync('/usr/bin/python3', ['-m', 'venv', '--without-pip', join(hidden, 'venv')]);
    const next = await run([], { PATH: `${join(hidden, 'venv/bin')}:${process.env.PATH}` }, 'import sys; sys.prefix');
    expect(next.value).toBe("'/usr'");
    const refused = await run(['--python', join(hidden, 'venv/bin/python3')], {}, '1');
    expect(refused.error).toMatchObject({ code: 'PYTHON_MISSING', message: expect.stringContaining('cannot read') });
  });

  it('that is too old, broken or not there is named', async () => {
    const broken = join(folder, 'broken');
    writeFileSync(broken, '#!/bin/sh\necho "{}"\n', { mode: 0o755 });
    for (const python of [broken, '/nonexistent/python']) {
      const { error } = await run(['--python', python], {}, '1');
      expect(error).toMatchObject({ code: 'PYTHON_MISSING', message: expect.stringContaining(python) });
    }
  });
});
