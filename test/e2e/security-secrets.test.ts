import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask } from '../plugins/http/http-client.ts';
import { SocketClient } from '../plugins/tool-api/event-client.ts';
import { KERNEL_BIN } from '../support/boot-kernel.ts';
import { findPostgres, startPostgres } from '../support/postgres.ts';
import { failToStart, fixture, type ServerProcess, startServer } from './server-process.ts';

/** Planted ones: every value must stay where it was put. */
const PLANTED = {
  environmentKey: 'planted-environment-key-1f2e3d',
  pipelineKey: 'planted-pipeline-key-a9b8c7',
  serverEnvironment: 'planted-server-environment-55aa',
  expandedEnvironment: 'planted-expanded-environment-66bb',
  header: 'planted-header-token-77cc',
  urlPassword: 'planted-url-password-88dd',
  urlQuery: 'planted-url-query-99ee',
  argument: 'planted-argument-aaff',
  secondArgument: 'planted-second-argument-aaf0',
  registeredHeader: 'planted-registered-header-bb11',
  registeredEnvironment: 'planted-registered-environment-cc22',
  databasePassword: 'planted-database-password-dd33',
  wrongKey: 'planted-wrong-key-ee44-ee44',
};
/** As it is written in configuration files. */
const variable = (name: string) => `\${${name}}`;
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const admin = bearer(PLANTED.environmentKey);
/** Tells its secrets to everybody who listens, as badly written servers do when they end. */
const blabbing = (...args: string[]) => ({
  command: process.execPath,
  args: [
    '-e',
    'console.error("cannot log in with", process.env.SECRET_TOKEN, process.env.EXPANDED, process.argv.slice(1).join(" ")); process.exit(1)',
    '--',
    ...args,
  ],
});

let server: ServerProcess;
let client: SocketClient;
/** All that anybody could read, by where it was. */
const seen: Record<string, string> = {};

beforeAll(async () => {
  server = await startServer({
    env: { API_KEY: PLANTED.environmentKey, PLANTED_VALUE: PLANTED.expandedEnvironment, LOG_LEVEL: 'debug' },
    plugins: {
      auth: {
        keys: [
          { name: 'environment', key: variable('API_KEY'), scopes: ['admin'] },
          { name: 'ci', key: PLANTED.pipelineKey },
        ],
      },
    },
    servers: {
      echo: fixture('echo'),
      blabber: {
        ...blabbing(`--api-key=${PLANTED.argument}`, '--token', PLANTED.secondArgument),
        env: { SECRET_TOKEN: PLANTED.serverEnvironment, EXPANDED: variable('PLANTED_VALUE') },
      },
      remote: { url: 'http://127.0.0.1:1/mcp', headers: { authorization: `Bearer ${PLANTED.header}` } },
      secretive: { url: `http://user:${PLANTED.urlPassword}@127.0.0.1:1/mcp?api_key=${PLANTED.urlQuery}` },
      broken: { command: process.execPath, env: { SECRET_TOKEN: PLANTED.serverEnvironment }, tineouts: 1, headers: 7 },
    },
  });
  client = await SocketClient.open(server.port, admin);
});
afterAll(async () => {
  await client?.close();
  await server?.stop();
});

async function read(name: string, path: string, options: Parameters<typeof ask>[2] = {}): Promise<void> {
  const { status, text, headers } = await ask(server.port, path, {
    ...options,
    headers: { ...admin, ...options.headers },
  });
  seen[`${name} ${path}`] = `${status} ${JSON.stringify(headers)} ${text}`;
}

test('what was planted is found nowhere', async () => {
  for (const path of [
    '/',
    '/health',
    '/ready',
    '/kernel/status',
    '/metrics',
    '/docs',
    '/docs/openapi.json',
    '/api/v1/servers',
    '/api/v1/stats',
    '/api/v1/tools/available',
    '/api/v1/tools/available?format=llm',
    ...['echo', 'blabber', 'remote', 'secretive', 'broken'].map((id) => `/api/v1/tools/${id}/detail`),
  ])
    await read('GET', path);
  const run = (id: string, body: object) => read('execute', `/api/v1/tools/execute/${id}`, { method: 'POST', body });
  for (const id of ['blabber', 'blabber/any', 'remote/any', 'secretive/any', 'broken']) await run(id, {});
  const register = (body: object) =>
    read(`register ${JSON.stringify(Object.keys(body))}`, '/api/v1/tools/register', { method: 'POST', body });
  await register({
    id: 'late-remote',
    url: 'http://127.0.0.1:1/mcp',
    headers: { 'x-token': PLANTED.registeredHeader },
  });
  await register({ id: 'late-blabber', ...blabbing(), env: { SECRET_TOKEN: PLANTED.registeredEnvironment } });
  await register({ id: 'wrong', url: 7, headers: { 'x-token': PLANTED.registeredHeader } });
  await register({ id: 'wrong', url: 'nonsense', env: PLANTED.registeredEnvironment });
  await run('late-remote/any', {});
  await run('late-blabber/any', {});
  for (const id of ['late-remote', 'late-blabber']) await read('GET', `/api/v1/tools/${id}/detail`);
  const call = {
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 't', version: '1' } },
  };
  for (const mount of ['/mcp', '/mcp/servers/blabber', '/mcp/servers/remote', '/mcp/servers/secretive'])
    await read('MCP', mount, {
      method: 'POST',
      body: call,
      headers: { accept: 'application/json, text/event-stream' },
    });
  for (const headers of [
    bearer(PLANTED.wrongKey),
    { 'x-api-key': PLANTED.wrongKey },
    { authorization: `Basic ${PLANTED.wrongKey}` },
  ])
    await read(`as ${Object.keys(headers)}`, '/api/v1/tools/available', { headers: { authorization: '', ...headers } });
  await read('query', `/api/v1/tools/available?api_key=${PLANTED.wrongKey}`, { headers: { authorization: '' } });
  await client.ask({ type: 'execute_tool', tool_id: 'blabber/any' }).then((told) => client.heard.push(told));
  await client.ask({ type: 'execute_tool', tool_id: 'late-blabber/any' }).then((told) => client.heard.push(told));
  await expect
    .poll(async () => (await ask(server.port, '/api/v1/tools/late-blabber/detail', { headers: admin })).json.status)
    .toBe('failed');
  seen.events = JSON.stringify(client.heard);
  const status = (...args: string[]) => {
    const { stdout, stderr } = spawnSync(process.execPath, [KERNEL_BIN, 'status', ...args], { encoding: 'utf8' });
    return stdout + stderr;
  };
  seen['kernel status'] = status();
  seen['kernel status --json'] = status('--json');
  seen.stdout = server.kernel.output.stdout;
  seen.stderr = server.kernel.output.stderr;

  // The check itself can see: these places do speak of what the secrets belong to.
  expect(seen['kernel status --json']).toContain('"auth"');
  expect(seen['GET /api/v1/tools/blabber/detail']).toContain('cannot log in with');
  expect(seen['GET /kernel/status']).toContain('"ci"');
  expect(seen.events).toContain('late-blabber');
  expect(seen.stderr).toContain('cannot log in with');

  const leaks = Object.entries(seen).flatMap(([where, text]) =>
    Object.entries(PLANTED).flatMap(([what, value]) => {
      const at = text.indexOf(value);
      return at === -1 ? [] : [`${what} in ${where}: ...${text.slice(Math.max(0, at - 80), at + 10)}`];
    }),
  );
  expect(leaks).toEqual([]);
});

test.each([
  ['refused', `postgres://me:${PLANTED.databasePassword}@127.0.0.1:1/db`],
  ['malformed', `postgres//me:${PLANTED.databasePassword}@127.0.0.1:1/db`],
  ['of a host that is not there', `postgres://me:${PLANTED.databasePassword}@nowhere.invalid/db`],
])('the password of a database that is %s is not told', async (_, DATABASE_URL) => {
  const { code, output } = await failToStart({ env: { DATABASE_URL, LOG_LEVEL: 'debug' } });
  expect(code).toBeGreaterThan(0);
  expect(output).toMatch(/storage/);
  expect(output).not.toContain(PLANTED.databasePassword);
});

test.skipIf(findPostgres() === undefined)('nor that of a database that works', async () => {
  const postgres = await startPostgres();
  const url = new URL(await postgres.createDatabase());
  url.password = PLANTED.databasePassword;
  const stored = await startServer({ env: { DATABASE_URL: url.href, LOG_LEVEL: 'debug' } });
  try {
    const status = (await ask(stored.port, '/kernel/status')).text;
    expect(status).toContain('"storage"');
    const health = (await ask(stored.port, '/health')).text;
    await postgres.stop();
    const broken = await ask(stored.port, '/api/v1/tools/register', {
      method: 'POST',
      body: { id: 'x', url: 'http://127.0.0.1:1/mcp' },
    });
    expect(broken.status).toBe(503);
    for (const text of [status, health, broken.text, stored.kernel.output.stderr])
      expect(text).not.toContain(PLANTED.databasePassword);
  } finally {
    await stored.stop();
    await postgres.stop();
  }
});

test('a key that is too short is not quoted', async () => {
  const { code, output } = await failToStart({ env: { API_KEY: 'short-planted' } });
  expect(code).toBeGreaterThan(0);
  expect(output).toMatch(/at least 16 characters/);
  expect(output).not.toContain('short-planted');
});
