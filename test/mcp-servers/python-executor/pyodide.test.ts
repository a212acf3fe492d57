import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PythonServer, sandboxMissing } from './python-server.ts';

const SECRET = 'planted-secret-8c2e44';
const folder = mkdtempSync(join(tmpdir(), 'python-embedded-'));
const withoutBwrap = join(folder, 'bin');
let listener: Server;
let connections = 0;
let port = 0;

beforeAll(async () => {
  mkdirSync(withoutBwrap);
  if (existsSync('/usr/bin/prlimit')) symlinkSync('/usr/bin/prlimit', join(withoutBwrap, 'prlimit'));
  listener = createServer((socket) => {
    connections++;
    socket.end();
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  port = (listener.address() as { port: number }).port;
});
afterAll(async () => {
  await new Promise((resolve) => listener.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

const kinds = [
  { kind: 'in bubblewrap', skip: sandboxMissing !== undefined, env: {} },
  { kind: 'alone', skip: false, env: { PATH: withoutBwrap } },
];

describe.each(kinds)('Pyodide $kind', ({ kind, skip, env }) => {
  let server: PythonServer;
  beforeAll(async () => {
    if (skip) return;
    server = await new PythonServer(['--engine', 'pyodide'], { ...env, API_TOKEN: SECRET }).connect();
    await server.run('1');
  }, 60_000);
  afterAll(async () => {
    await server?.close();
    await server?.allGone();
  });

  const check = (name: string, body: () => Promise<void>) => it.skipIf(skip)(name, body, 30_000);

  check('runs code like CPython, and says what ran it', async () => {
    const { structuredContent } = await server.run(
      'import json, sys\nprint(input())\nprint("e", file=sys.stderr)\nopen("out.txt", "w").write("made")\n{"a": open("in.txt").read()}',
      {
        stdin: 'given\n',
        files: [{ path: 'in.txt', content: 'b' }],
      },
    );
    expect(structuredContent).toMatchObject({
      success: true,
      stdout: 'given\n',
      stderr: 'e\n',
      value_json: { a: 'b' },
      artifacts: [{ path: 'out.txt' }],
    });
    expect(structuredContent.engine).toMatch(
      kind === 'alone' ? /^pyodide [\d.]+, WebAssembly$/ : /^pyodide [\d.]+, WebAssembly in bubblewrap$/,
    );
  });

  check('keeps sessions, reports exceptions, and says that packages are not there', async () => {
    await server.run('x = 41', { session_id: 's' });
    expect((await server.run('x + 1', { session_id: 's' })).structuredContent.value_json).toBe(42);
    const failed = await server.run('1 / 0', { session_id: 's' });
    expect(failed.structuredContent.error).toMatchObject({ code: 'PYTHON_ERROR', type: 'ZeroDivisionError' });
    const { structuredContent, content } = await server.run('import numpy', { session_id: 's' });
    expect(structuredContent.error?.message).toContain('standard library only');
    expect(content[0]?.text).not.toContain('micropip');
  });

  check('ends an endless loop, with what it printed', async () => {
    const { structuredContent } = await server.run('print("begun")\nwhile True: pass', { timeout_seconds: 1 });
    expect(structuredContent).toMatchObject({ timed_out: true, stdout: 'begun\n', error: { code: 'TIMED_OUT' } });
  });

  check('ends bombs of memory, disk and output, and survives a crash of the interpreter', async () => {
    const codes = [
      ['kept = []\nwhile True: kept.append(bytearray(10_000_000))', 'MEMORY_EXCEEDED'],
      ['import itertools\nfor n in itertools.count(): open(str(n), "wb").write(bytes(10_000_000))', 'MEMORY_EXCEEDED'],
      ['while True: print("x" * 10000)', 'OUTPUT_EXCEEDED'],
      ['import os\nos.system("id")', 'CRASHED'],
    ] as const;
    const results = await Promise.all(codes.map(([code]) => server.run(code)));
    expect(results.map(({ structuredContent }) => structuredContent.error?.code)).toEqual(
      codes.map(([, code]) => code),
    );
  });

  check('has no way to the host: files, environment, network, JavaScript, processes', async () => {
    const steps = [
      'open("/etc/passwd").read()',
      `open(${JSON.stringify(join(folder, 'bin'))})`,
      '__import__("os").listdir("/root") + __import__("os").listdir("/usr")',
      `__import__("socket").create_connection(("127.0.0.1", ${port}), 2)`,
      `__import__("urllib.request").request.urlopen("http://127.0.0.1:${port}/")`,
      `__import__("pyodide.http").http.open_url("http://127.0.0.1:${port}/")`,
      '__import__("js").process.env',
      '__import__("pyodide_js")._module',
      '__import__("pyodide.code").code.run_js("process.env")',
      '__import__("subprocess").run(["id"])',
      '__import__("os").fork()',
      '__import__("pyodide_js").mountNodeFS("/mnt", "/")',
    ];
    const code = [
      'def attempt(name, step):',
      '    try: print(name, "DONE", repr(step()))',
      '    except BaseException as error: print(name, type(error).__name__, error)',
      ...steps.map((step, at) => `attempt("step${at}", lambda: ${step})`),
      '__import__("os").environ',
    ].join('\n');
    const { structuredContent } = await server.run(code, { timeout_seconds: 20, session_id: 's' });
    expect(structuredContent.stdout).toContain(`step${steps.length - 1}`);
    expect(structuredContent.stdout).not.toContain('DONE');
    expect(structuredContent.value).toContain('environ(');
    expect(structuredContent.value).not.toContain(SECRET);
    expect(connections).toBe(0);
  });

  check('gives no door to JavaScript through objects that lie around', async () => {
    const code = [
      'import gc',
      'found, seen, doors = [], set(), []',
      'def keep(thing):',
      '    if "JsProxy" in str(type(thing).__mro__) and not isinstance(thing, type): found.append(thing)',
      'for thing in gc.get_objects():',
      '    keep(thing)',
      '    if type(thing) is dict: [keep(each) for each in list(thing.values())]',
      'begun = len(found)',
      'while found and len(seen) < 3000:',
      '    proxy = found.pop()',
      '    try: key = proxy.js_id',
      '    except BaseException: continue',
      '    if key in seen: continue',
      '    seen.add(key)',
      '    try: doors.append(("evaluated", str(proxy.constructor.constructor("return 7")())))',
      '    except BaseException: pass',
      '    for name in dir(proxy):',
      '        try: value = getattr(proxy, name)',
      '        except BaseException: continue',
      '        if name in ("binding", "env", "getBuiltinModule", "dlopen", "openSync", "createConnection", "fetch", "useNodeSockFS"):',
      '            doors.append((name, str(value)[:80]))',
      '        keep(value)',
      '(begun > 0, len(seen) > 50, doors)',
    ].join('\n');
    const { structuredContent } = await server.run(code, { timeout_seconds: 20, session_id: 's' });
    expect(structuredContent.error).toBeNull();
    expect(structuredContent.value).toBe('(True, True, [])');
  });
});
