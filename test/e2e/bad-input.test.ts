import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { ask } from '../plugins/http/http-client.ts';
import { failToStart, fixture, type ServerOptions, type ServerProcess, startServer } from './server-process.ts';

/** Starts, does it, stops: whatever happened. */
async function serving(options: ServerOptions, work: (server: ServerProcess) => Promise<void>): Promise<void> {
  const server = await startServer(options);
  try {
    await work(server);
    // A defect of ours would be an error line with a stack.
    expect(server.kernel.lines().filter((line) => 'stack' in line)).toEqual([]);
  } finally {
    expect(await server.stop()).toBe(0);
  }
}
const run = (server: ServerProcess, id: string, parameters: object = {}) =>
  ask(server.port, `/api/v1/tools/execute/${id}`, { method: 'POST', body: { parameters } });
const adds = async (server: ServerProcess, id = 'echo'): Promise<void> => {
  expect((await run(server, `${id}/add`, { a: 1, b: 2 })).json).toMatchObject({ success: true, output: '3' });
};
const logged = (server: ServerProcess, part: string): string => {
  const found = server.kernel.lines().find((line) => JSON.stringify(line).includes(part));
  return JSON.stringify(found ?? `no line has "${part}"`);
};

test('a missing mcp.json: it says so and serves; the file is read when it appears', async () => {
  await serving({ servers: null }, async (server) => {
    const file = join(server.dir, 'mcp.json');
    expect(logged(server, 'No file of MCP servers')).toContain(file);
    expect((await ask(server.port, '/api/v1/tools/python-executor/detail')).status).toBe(200);
    writeFileSync(file, JSON.stringify({ mcpServers: { echo: fixture('echo') } }));
    await expect
      .poll(async () => (await run(server, 'echo/add', { a: 1, b: 2 })).status, { timeout: 10_000 })
      .toBe(200);
  });
});

test('a broken mcp.json: file, line and column, what is wrong, what to do; the last good version goes on', async () => {
  const broken = '{ "mcpServers": {\n  "echo": { "command": "node"\n  "args": [] } } }';
  await serving({ servers: broken }, async (server) => {
    const file = join(server.dir, 'mcp.json');
    for (const told of [logged(server, 'MCP_CONFIG_BROKEN'), (await ask(server.port, '/health')).text]) {
      expect(told).toContain(`${file}:3:3`);
      expect(told).toContain('comma expected');
      expect(told).toContain('mend it and save');
    }
    expect((await ask(server.port, '/ready')).status).toBe(200);
    expect((await ask(server.port, '/api/v1/tools/python-executor/detail')).status).toBe(200);
    writeFileSync(file, JSON.stringify({ mcpServers: { echo: fixture('echo') } }));
    await expect
      .poll(async () => (await run(server, 'echo/add', { a: 1, b: 2 })).status, { timeout: 10_000 })
      .toBe(200);
    writeFileSync(file, broken);
    await expect.poll(async () => (await ask(server.port, '/health')).status, { timeout: 10_000 }).toBe(503);
    await adds(server);
  });
});

test('duplicate ids: both places are named, the first is kept, the rest serves', async () => {
  const entry = JSON.stringify(fixture('echo'));
  const text = `{ "mcpServers": {\n"echo": ${entry},\n"echo": ${entry},\n"my-tools": ${entry},\n"My_Tools": ${entry} } }`;
  await serving({ servers: text }, async (server) => {
    for (const [name, second, first] of [
      ['echo', 3, 2],
      ['My_Tools', 5, 4],
    ]) {
      const line = logged(server, `server \\"${name}\\" is left out`);
      expect(line).toContain('SERVER_ENTRY_TWICE');
      expect(line).toContain(`mcp.json:${second}:1`);
      expect(line).toContain(`mcp.json:${first}:1`);
      expect(line).toContain('the first one is kept');
    }
    await adds(server);
    await adds(server, 'my-tools');
  });
});

test('a tool with an invalid schema: it is named with what is wrong, and it and its neighbours can be called', async () => {
  await serving({ servers: { bad: fixture('bad-schema'), echo: fixture('echo') } }, async (server) => {
    expect(logged(server, 'bad/broken')).toMatch(/invalid schema.*there is no type .*many/);
    expect((await ask(server.port, '/api/v1/tools/bad/broken/detail')).json).toMatchObject({
      schema_problem: expect.stringContaining('/properties/count/type'),
    });
    expect((await run(server, 'bad/broken', { any: 1 })).json).toMatchObject({ output: 'called without a schema' });
    await adds(server, 'bad');
    await adds(server);
    for (const format of ['json', 'llm', 'openai', 'anthropic'])
      expect((await ask(server.port, `/api/v1/tools/available?format=${format}`)).status).toBe(200);
  });
});

test('arguments that do not fit: which, why, and what fits', async () => {
  await serving({ servers: { echo: fixture('echo') } }, async (server) => {
    const { status, json } = await run(server, 'echo/add', { a: 'one', c: true });
    expect([status, json.code]).toEqual([400, 'ARGUMENTS_INVALID']);
    expect(json.detail).toContain('"echo/add"');
    expect(json.problems).toEqual(
      expect.arrayContaining([
        { path: '/a', problem: 'has the wrong type', got: 'string "one"', expected: 'number' },
        { path: '/b', problem: 'is missing', got: 'nothing', expected: 'number' },
        { path: '/c', problem: 'is not a known property', got: 'true', expected: 'one of "a", "b"' },
      ]),
    );
    expect(json.hint).toBe('send { a: number, b: number }');
    await adds(server);
  });
});

test('a 20 MB result: the tool, its size, the limit and how to raise it; raised, it arrives whole', async () => {
  const bytes = 20_000_000;
  await serving({ servers: { echo: fixture('echo') } }, async (server) => {
    const { status, json } = await run(server, 'echo/big', { bytes });
    expect([status, json.code, json.server]).toEqual([502, 'RESULT_TOO_LARGE', 'echo']);
    expect(json.detail).toMatch(/2\d{7} bytes; at most 16777216/);
    expect(json.hint).toContain('maxResultBytes');
    await adds(server);
  });
  const plugins = { 'tool-dispatch': { maxResultBytes: 33_554_432 } };
  await serving({ servers: { echo: fixture('echo') }, plugins }, async (server) => {
    const { status, json } = await run(server, 'echo/big', { bytes });
    expect(status).toBe(200);
    expect((json.output as string).length).toBe(bytes);
    await adds(server);
  });
});

test('a port in use: which, and how to choose another', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address() as AddressInfo;
  const { code, output } = await failToStart({ env: { PORT: String(port) } });
  holder.close();
  expect(code).toBe(1);
  expect(output).toContain('HTTP_PORT_TAKEN');
  expect(output).toContain(`port ${port} on 127.0.0.1 is already in use`);
  expect(output).toMatch(/hint: stop the program that uses it, or choose another: PORT=\d+/);
  expect(output).not.toMatch(/\n\s+at /);
});

test('an unwritable data directory: which, and how to choose another', async () => {
  // A file where the folder should be: not even root can write below it.
  const prepare = (dir: string) => writeFileSync(join(dir, 'occupied'), 'a file');
  const { code, output } = await failToStart({ prepare, env: { DATA_DIR: 'occupied' } });
  expect(code).toBe(1);
  expect(output).toContain('STORAGE_UNWRITABLE');
  expect(output).toContain('occupied');
  expect(output).toMatch(/hint: give this user write access to it, or set storage\.dir \(DATA_DIR\)/);
  expect(output).not.toMatch(/\n\s+at /);
});

test('a database of a newer version: whose tables, which step, what to do; nothing is changed', async () => {
  const first = await startServer({ servers: { echo: fixture('echo') } });
  try {
    const body = { id: 'kept', url: 'http://127.0.0.1:9/mcp', start: 'lazy' };
    expect((await ask(first.port, '/api/v1/tools/register', { method: 'POST', body })).status).toBe(201);
    await first.kernel.stop();
    const DATA_DIR = join(first.dir, 'data');
    const file = join(DATA_DIR, 'datapresso.db');
    const edit = (statement: string): void => {
      const database = new DatabaseSync(file);
      database.exec(statement);
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      database.close();
    };
    edit(`INSERT INTO storage_migrations VALUES ('tool_registry', 99, 'of tomorrow', 0)`);
    const before = readFileSync(file);
    const { code, output } = await failToStart({ env: { DATA_DIR } });
    expect(code).toBe(1);
    expect(output).toContain('STORAGE_NEWER');
    expect(output).toContain('tool_registry');
    expect(output).toContain('of tomorrow');
    expect(output).toMatch(/hint: /);
    expect(readFileSync(file).equals(before)).toBe(true);
    edit(`DELETE FROM storage_migrations WHERE step = 99`);
    await serving({ env: { DATA_DIR } }, async (server) => {
      expect((await ask(server.port, '/api/v1/tools/kept/detail')).json).toMatchObject({
        tool_id: 'kept',
        owner: 'rest',
      });
    });
  } finally {
    await first.stop();
  }
});
