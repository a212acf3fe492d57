import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PythonServer, sandboxMissing } from './python-server.ts';

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
let server: PythonServer;

describe.skipIf(sandboxMissing)('python_execute on CPython', () => {
  beforeAll(async () => {
    server = await new PythonServer(['--concurrency', '2', '--queue', '1']).connect();
  });
  afterAll(() => server.close());

  it('returns stdout, stderr and the value of the last expression', async () => {
    const { structuredContent, content, isError } = await server.run(
      'import sys\nprint("out")\nprint("err", file=sys.stderr)\n{"a": [1, 2.5, None, "ü"]}',
    );
    expect(isError).toBeFalsy();
    expect(structuredContent).toMatchObject({
      success: true,
      error: null,
      stdout: 'out\n',
      stderr: 'err\n',
      value: "{'a': [1, 2.5, None, 'ü']}",
      value_json: { a: [1, 2.5, null, 'ü'] },
    });
    expect(structuredContent.engine).toMatch(/^cpython 3\.\d+\.\d+, bubblewrap$/);
    expect(content[0]?.text).toBe("out\n[stderr]\nerr\n[value] {'a': [1, 2.5, None, 'ü']}");
  });

  it.each([
    ['(1, 2)', '(1, 2)'],
    ['float("nan")', 'nan'],
    ['2 ** 64', '18446744073709551616'],
    ['{1: 2}', '{1: 2}'],
    ['"\\ud800"', "'\\ud800'"],
  ])('gives %s only as repr, since JSON would change it', async (code, repr) => {
    const { structuredContent } = await server.run(code);
    expect(structuredContent.value).toBe(repr);
    expect(structuredContent).not.toHaveProperty('value_json');
  });

  it('gives no value for statements and for None', async () => {
    expect((await server.run('x = 1')).structuredContent.value).toBeNull();
    expect((await server.run('None')).structuredContent.value).toBeNull();
    expect((await server.run('')).content[0]?.text).toBe('(no output)');
  });

  it('reports an exception with the traceback of the given code only', async () => {
    const { structuredContent, content, isError } = await server.run(
      'def divide(a):\n    return a / 0\n\nprint("before")\ndivide(1)',
    );
    expect(isError).toBe(true);
    expect(structuredContent.error).toMatchObject({
      code: 'PYTHON_ERROR',
      type: 'ZeroDivisionError',
      message: 'division by zero',
    });
    expect(structuredContent.error?.traceback).toMatch(
      /^Traceback \(most recent call last\):\n {2}File "<code>", line 5, in <module>\n {4}divide\(1\)\n/,
    );
    expect(structuredContent.stdout).toBe('before\n');
    expect(content[0]?.text).toContain('ZeroDivisionError: division by zero');
  });

  it('points at a syntax error', async () => {
    const { structuredContent } = await server.run('x = 1\ny = = 2');
    expect(structuredContent.error).toMatchObject({ type: 'SyntaxError' });
    expect(structuredContent.error?.traceback).toContain('line 2');
  });

  it('runs await at the top level', async () => {
    expect(
      (await server.run('import asyncio\nawait asyncio.sleep(0.01)\nawait asyncio.sleep(0, "slept")')).structuredContent
        .value,
    ).toBe("'slept'");
  });

  it('feeds stdin and input files, text and bytes', async () => {
    const { structuredContent } = await server.run(
      '(input(), input(), open("data/in.csv").read(), open("raw", "rb").read())',
      {
        stdin: 'first\nsecond\n',
        files: [
          { path: 'data/in.csv', content: 'ä,1\n' },
          { path: 'raw', base64: 'AP8=' },
        ],
      },
    );
    expect(structuredContent.value).toBe("('first', 'second', 'ä,1\\n', b'\\x00\\xff')");
    expect(structuredContent.artifacts).toEqual([]);
  });

  it('returns new and changed files: pictures as images, the rest as resources', async () => {
    const code = `import base64\nopen("plot.png", "wb").write(base64.b64decode("${PNG}"))\nopen("in.txt", "a").write("more")\nopen("b.bin", "wb").write(b"\\0\\1")\nopen("fake.png", "w").write("no picture")`;
    const { structuredContent, content } = await server.run(code, {
      files: [
        { path: 'in.txt', content: 'some ' },
        { path: 'same.txt', content: 'x' },
      ],
    });
    expect(structuredContent.artifacts.map(({ path, mime_type, size }) => [path, mime_type, size]).sort()).toEqual([
      ['b.bin', 'application/octet-stream', 2],
      ['fake.png', 'text/plain', 10],
      ['in.txt', 'text/plain', 9],
      ['plot.png', 'image/png', Buffer.from(PNG, 'base64').length],
    ]);
    expect(content.find(({ type }) => type === 'image')).toMatchObject({ data: PNG, mimeType: 'image/png' });
    expect(content.find(({ resource }) => resource?.uri === 'artifact:///in.txt')?.resource?.text).toBe('some more');
    expect(content.find(({ resource }) => resource?.uri === 'artifact:///b.bin')?.resource?.blob).toBe('AAE=');
  });

  it('leaves out what is over the limits for files, and says so', async () => {
    const { structuredContent } = await server.run(
      'for n in range(25): open(f"{n:02}.txt", "w").write("x")\nopen("big.bin", "wb").write(bytes(11 << 20))',
    );
    expect(structuredContent.artifacts).toHaveLength(20);
    expect(structuredContent.artifacts_skipped).toHaveLength(6);
  });

  it('saves open figures of matplotlib (a stand-in module with its interface, since it is not installed everywhere)', async () => {
    const pyplot = `import base64\nopen_figures = [1, 2]\ndef get_fignums(): return open_figures\nclass Figure:\n    def savefig(self, path): open(path, "wb").write(base64.b64decode("${PNG}"))\ndef figure(number): return Figure()\ndef close(what): open_figures.clear()`;
    const { content } = await server.run('import matplotlib.pyplot as plt', {
      files: [
        { path: 'matplotlib/__init__.py', content: '' },
        { path: 'matplotlib/pyplot.py', content: pyplot },
      ],
    });
    expect(content.filter(({ type }) => type === 'image')).toHaveLength(2);
  });

  it('marks output that was cut', async () => {
    const { structuredContent, content, isError } = await server.run(`print("x" * ${server.mark + 5_000})`);
    expect(isError).toBeFalsy();
    expect(structuredContent.output_truncated).toBe(true);
    expect(structuredContent.stdout).toHaveLength(server.mark);
    expect(content[0]?.text).toContain('[output truncated]');
  });

  it('names every wrong argument and what fits', async () => {
    const { structuredContent, isError } = await server.call('python_execute', {
      code: 5,
      timeout_seconds: 9000,
      sesion: 'a',
    });
    expect(isError).toBe(true);
    expect(structuredContent.error?.code).toBe('BAD_INPUT');
    for (const field of ['code', 'timeout_seconds', 'sesion'])
      expect(structuredContent.error?.message).toContain(field);
    expect(structuredContent.error?.hint).toContain('session_id');
  });

  it('names the tools when one is unknown', async () => {
    const { structuredContent } = await server.call('python_run', {});
    expect(structuredContent.error).toMatchObject({ code: 'TOOL_UNKNOWN' });
    expect(structuredContent.error?.hint).toContain('python_execute');
  });

  it('runs two at a time, lets one wait, and refuses the next', async () => {
    const sleep = () => server.run('import time; time.sleep(0.5)');
    const results = await Promise.all([sleep(), sleep(), sleep(), sleep()]);
    expect(results.filter(({ structuredContent }) => structuredContent.success)).toHaveLength(3);
    expect(results.find(({ isError }) => isError)?.structuredContent.error?.code).toBe('BUSY');
  });

  it('ends an execution whose call is cancelled', async () => {
    const abort = new AbortController();
    const call = server.run('import time; time.sleep(60)').catch(() => 'answered');
    const cancelled = server.call('python_execute', { code: 'import time; time.sleep(60)' }, { signal: abort.signal });
    await expect.poll(() => server.leftovers().length).toBeGreaterThanOrEqual(4);
    const before = server.leftovers().length;
    abort.abort();
    await expect(cancelled).rejects.toThrow();
    await expect.poll(() => server.leftovers().length).toBeLessThan(before);
    await server.close();
    await server.allGone();
    await call;
    server = await new PythonServer().connect();
  });

  it('lists tools whose schemas hold the limits', async () => {
    const { tools } = await server.client.listTools();
    expect(tools.map(({ name }) => name)).toEqual([
      'python_execute',
      'python_session_open',
      'python_session_close',
      'python_session_list',
      'python_install_packages',
    ]);
    const execute = tools[0]!.inputSchema as unknown as {
      properties: Record<string, { maximum?: number }>;
      required: string[];
      additionalProperties: boolean;
    };
    expect(execute.required).toEqual(['code']);
    expect(execute.additionalProperties).toBe(false);
    expect(execute.properties.timeout_seconds?.maximum).toBe(300);
  });
});
