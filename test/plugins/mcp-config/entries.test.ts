import { execFileSync } from 'node:child_process';
import { truncate, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { freshDir } from '../tool-registry/open-registry.ts';
import { openConfig } from './open-config.ts';

describe('entries of other clients', () => {
  it('Claude Desktop and Cursor: command, args, env', async () => {
    const { registry, lines } = await openConfig(`{
      // comments and trailing commas are fine
      "mcpServers": {
        "Memory": {
          "command": "npx", "args": ["-y", "server-memory", 7,],
          "env": { "FILE": "x", "DEBUG": true, },
          "alwaysAllow": ["*"], "autoApprove": [], "disabled": false,
        },
      },
    }`);
    expect(registry.server('memory').spec).toEqual({
      id: 'memory',
      title: 'Memory',
      aliases: ['Memory'],
      launches: [
        { kind: 'stdio', command: 'npx', args: ['-y', 'server-memory', '7'], env: { FILE: 'x', DEBUG: 'true' } },
      ],
      start: 'eager',
      connection: 'shared',
      pool: { warm: 0, max: 16 },
      protocol: 'auto',
      timeouts: { connectMs: 20_000, callMs: 60_000, idleMs: 600_000 },
      owner: 'mcp.json',
    });
    expect(lines.filter((line) => line.level === 'debug').map((line) => line.sentence)).toEqual([
      expect.stringContaining('alwaysAllow, autoApprove'),
    ]);
  });

  it('VS Code: servers, inputs, type', async () => {
    const { registry, lines, mcpConfig } = await openConfig({
      inputs: [{ id: 'key' }],
      servers: {
        web: { type: 'http', url: 'http://127.0.0.1:1/mcp', headers: { a: 'b' } },
        asks: { type: 'stdio', command: 'x', env: { KEY: `\${input:key}` } },
      },
    });
    expect(registry.server('web').spec.launches).toEqual([
      { kind: 'http', url: 'http://127.0.0.1:1/mcp', headers: { a: 'b' } },
    ]);
    expect(mcpConfig.state.refused).toMatchObject([{ id: 'asks', code: 'SERVER_ENTRY_ENV' }]);
    expect(lines.some((line) => line.sentence.includes('"inputs"'))).toBe(true);
  });

  it.each([
    [{ url: 'https://h/mcp' }, { kind: 'http', url: 'https://h/mcp', headers: {} }],
    [{ httpUrl: 'https://h/mcp' }, { kind: 'http', url: 'https://h/mcp', headers: {} }],
    [{ serverUrl: 'https://h/sse' }, { kind: 'sse', url: 'https://h/sse', headers: {} }],
    [
      { url: 'https://h/sse', type: 'streamable-http' },
      { kind: 'http', url: 'https://h/sse', headers: {} },
    ],
    [{ url: 'wss://h/' }, { kind: 'ws', url: 'wss://h/', headers: {} }],
    [{ url: 'unix:///run/a.sock' }, { kind: 'unix', path: '/run/a.sock' }],
    [
      { url: '/run/a.sock', transport: 'unix' },
      { kind: 'unix', path: '/run/a.sock' },
    ],
    [
      { module: '/m.js', options: { a: 1 } },
      { kind: 'module', module: '/m.js', options: { a: 1 } },
    ],
    [{ module: 'a-package' }, { kind: 'module', module: 'a-package', options: {} }],
  ])('%j', async (entry, launch) => {
    const { mcpConfig } = await openConfig();
    expect(mcpConfig.parseEntry('s', entry, 'rest')).toMatchObject({ id: 's', owner: 'rest', launches: [launch] });
  });

  it('our own keys', async () => {
    const { mcpConfig } = await openConfig();
    const manifest = [{ name: 't', inputSchema: {} }];
    const own = {
      ...{ title: 'T', description: 'D', aliases: ['a'], toolkit: 'k', capabilities: ['c'], mainTool: 't', manifest },
      ...{ start: 'lazy', connection: 'session', protocol: 'legacy' },
    } as const;
    const spec = mcpConfig.parseEntry(
      's',
      {
        ...own,
        command: 'x',
        timeouts: { callMs: 99 },
        pool: { warm: 2 },
        replicas: [{ args: ['1'] }, { env: { N: '2' } }],
      },
      'rest',
    );
    expect(spec).toMatchObject({ ...own, pool: { warm: 2, max: 16 }, timeouts: { connectMs: 20_000, callMs: 99 } });
    expect(spec.launches).toMatchObject([{ args: ['1'] }, { args: [], env: { N: '2' } }]);
    expect(mcpConfig.parseEntry('s', { url: 'http://h', replicas: 3 }, 'rest').launches).toHaveLength(3);
  });

  it('environment from a file, under that of the entry', async () => {
    const dir = await freshDir();
    await writeFile(join(dir, '.env'), 'A=1\nB="two words" # note\n');
    const { mcpConfig } = await openConfig();
    const entry = { command: 'x', envFile: join(dir, '.env'), env: { A: 'mine' }, cwd: dir };
    expect(mcpConfig.parseEntry('s', entry, 'rest').launches).toMatchObject([
      { env: { A: 'mine', B: 'two words' }, cwd: dir },
    ]);
    expect(() => mcpConfig.parseEntry('s', { ...entry, envFile: join(dir, 'no') }, 'rest')).toThrow(
      /envFile: it cannot be read/,
    );
  });
});

describe('files that an entry names', () => {
  const refusal = async (entry: object): Promise<string> => {
    const { mcpConfig } = await openConfig();
    try {
      mcpConfig.parseEntry('s', entry, 'rest');
    } catch (error) {
      return (error as Error).message;
    }
    throw new Error('it was taken');
  };

  it('must be regular files', async () => {
    const dir = await freshDir();
    const pipe = join(dir, 'pipe');
    execFileSync('mkfifo', [pipe]);
    for (const file of [pipe, dir, '/dev/zero']) {
      expect(await refusal({ command: 'x', envFile: file })).toMatch(/envFile: .*not a regular file/);
      expect(await refusal({ command: 'x', manifest: file })).toMatch(/manifest: .*not a regular file/);
    }
  });

  it('must not be large', async () => {
    const file = join(await freshDir(), 'large');
    await writeFile(file, 'A=1\n');
    await truncate(file, 1_048_577);
    expect(await refusal({ command: 'x', envFile: file })).toMatch(/envFile: .*larger than 1 MiB/);
    await truncate(file, 16 * 1_048_576 + 1);
    expect(await refusal({ command: 'x', manifest: file })).toMatch(/manifest: .*larger than 16 MiB/);
  });

  it('are not quoted', async () => {
    const file = join(await freshDir(), 'secret');
    await writeFile(file, 'hunter2');
    const message = await refusal({ command: 'x', manifest: file });
    expect(message).toMatch(/it is not JSON/);
    expect(message).not.toContain('hunter2');
  });

  it('are read whole', async () => {
    const file = join(await freshDir(), 'tools.json');
    const description = 'd'.repeat(300_000);
    await writeFile(file, JSON.stringify([{ name: 't', description, inputSchema: {} }]));
    const { mcpConfig } = await openConfig();
    expect(mcpConfig.parseEntry('s', { command: 'x', manifest: file }, 'rest').manifest).toMatchObject([
      { name: 't', description },
    ]);
  });
});

describe('variables', () => {
  it('are replaced in the file, and a missing one refuses its server alone', async () => {
    vi.stubEnv('MCP_TEST_TOKEN', 'secret-value');
    vi.stubEnv('MCP_TEST_EMPTY', '');
    const { registry, mcpConfig, lines, plugin } = await openConfig({
      mcpServers: {
        good: {
          command: '~/bin/x',
          args: [
            `\${MCP_TEST_TOKEN}`,
            `\${env:MCP_TEST_TOKEN}!`,
            `\${MCP_TEST_EMPTY:-other}`,
            `\${MCP_TEST_NONE:-}`,
            `\${userHome}/a`,
            `\${workspaceFolder}`,
            `$\${MCP_TEST_TOKEN}`,
            '~',
            'a~b',
          ],
          description: `a literal \${NAME}`,
        },
        bad: { command: 'x', env: { FINE: `\${MCP_TEST_TOKEN}`, KEY: `\${MCP_TEST_NONE}` } },
      },
    });
    vi.unstubAllEnvs();
    expect(registry.server('good').spec).toMatchObject({
      launches: [
        {
          command: `${homedir()}/bin/x`,
          args: [
            ...['secret-value', 'secret-value!', 'other', '', `${homedir()}/a`, process.cwd()],
            ...[`\${MCP_TEST_TOKEN}`, homedir(), 'a~b'],
          ],
        },
      ],
      description: `a literal \${NAME}`,
    });
    expect(mcpConfig.state.refused).toEqual([
      {
        id: 'bad',
        code: 'SERVER_ENTRY_ENV',
        reason: expect.stringMatching(/mcp\.json:1:\d+ env\.KEY: the environment variable MCP_TEST_NONE is not set/),
      },
    ]);
    expect(plugin.health!()).toMatchObject({
      ok: true,
      detail: { degraded: true, servers: 1, refused: { bad: expect.stringContaining('MCP_TEST_NONE') } },
    });
    expect(JSON.stringify([lines, plugin.health!(), mcpConfig.state])).not.toContain('secret-value');
  });

  it('are not replaced in entries that somebody sends', async () => {
    const { mcpConfig } = await openConfig();
    expect(mcpConfig.parseEntry('s', { command: `\${HOME}` }, 'rest').launches).toMatchObject([
      { command: `\${HOME}` },
    ]);
  });
});

describe('mistakes', () => {
  it.each<[object, RegExp]>([
    [{}, /"command", "url" or "module" is missing/],
    [{ command: 'x', url: 'http://h' }, /"command" and "url" exclude each other/],
    [{ comand: 'x' }, /there is no key "comand" \(did you mean "command"\?\)/],
    [{ command: 'x', mainTol: 'y' }, /did you mean "mainTool"/],
    [{ command: 'x', start: 'eagr' }, /start: expected one of eager, lazy \(did you mean "eager"\?\)/],
    [{ command: 'x', args: 'y' }, /args: expected array/],
    [{ command: 'x', type: 'http' }, /type: "command" starts a stdio server/],
    [{ url: 'nonsense' }, /url: it is not a URL/],
    [{ url: 'ftp://h' }, /url: "ftp:" is not spoken here/],
    [{ url: 'http://h', type: 'ws' }, /type: "ws" does not go with "http:"/],
    [{ command: 'x', timeouts: { callMs: 1 } }, /timeouts.callMs: /],
    [{ command: 'x', timeouts: { calMs: 1000 } }, /timeouts.calMs: there is no key "calMs"/],
    [{ command: 'x', manifest: '/nope.json' }, /manifest: it cannot be read/],
    [{ command: 'x', replicas: [{ url: 'http://h' }] }, /exclude each other/],
    ['text' as unknown as object, /expected object/],
  ])('%j', async (entry, message) => {
    const { mcpConfig } = await openConfig();
    expect(() => mcpConfig.parseEntry('s', entry, 'rest')).toThrow(
      expect.objectContaining({
        code: 'SERVER_ENTRY_INVALID',
        kind: 'invalid',
        message: expect.stringMatching(message),
      }),
    );
  });

  it('of the file are named with their line and column', async () => {
    const { mcpConfig, ids, lines } = await openConfig(`{
  "mcpServers": {
    "good": { "command": "x", "somethingElse": 1 },
    "typo": {
      "command": "x",
      "agrs": []
    },
    "Good": { "command": "y" },
    "off": { "disabled": true, "command": 5 }
  }
}`);
    expect(ids()).toEqual(['good']);
    expect(mcpConfig.state.disabled).toEqual(['off']);
    expect(mcpConfig.state.refused).toEqual([
      {
        id: 'typo',
        code: 'SERVER_ENTRY_KEY',
        reason: expect.stringMatching(/mcp\.json:6:7 agrs: .*did you mean "args"/),
      },
      {
        id: 'Good',
        code: 'SERVER_ENTRY_TWICE',
        reason: expect.stringMatching(/mcp\.json:8:5 .*as "good" \(.*mcp\.json:3:5\)/),
      },
    ]);
    expect(lines.some((line) => line.level === 'warn' && line.sentence.includes('somethingElse'))).toBe(true);
    expect(lines.filter((line) => line.level === 'error')).toHaveLength(2);
  });
});
