import type { Dice } from './dice.ts';

/** Requests that are wrong by construction, the same for the same seed. */
export interface Malformed {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
}

const JSON_TYPE = 'application/json';
export const ODD_NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  '..%2F..%2Fetc%2Fpasswd',
  '%00',
  '%E0%A4%A',
  '%FF%FE',
  '%ED%A0%80',
  '%F0%9F%98%80',
  'a'.repeat(600),
  '-',
  '.',
  '..',
  '%20',
  '%2F',
  '%2F%2F',
  '$%7B7*7%7D',
  "'%20OR%201=1--",
  '%3Cscript%3E',
  'null',
  'undefined',
  'echo%2F__proto__',
  'echo%2Fadd%2Fadd',
  '1e999',
];

/** JSON that no parser, or no handler of ours, takes as an object with members that fit. */
export const BROKEN_JSON: readonly ((dice: Dice) => string | Buffer)[] = [
  () => '',
  () => '{',
  () => '{"parameters":',
  () => '{"parameters":{"a":1}',
  () => '{"parameters":{"a":1}}}',
  () => "{'parameters':{}}",
  () => '{"parameters":{"a":NaN}}',
  () => '{"parameters":{"a":Infinity}}',
  () => '{"parameters":{"a":01}}',
  () => '{"parameters":{"a":"\u0001"}}',
  () => '{"parameters":{"a":"\\ud8zz"}}',
  () => '{"parameters":{"a":1,}}',
  () => '// comment\n{}',
  () => 'null null',
  () => '"text"',
  () => '[]',
  () => '12',
  () => 'true',
  (dice) => `${'['.repeat(1_000 + dice.upTo(20_000))}`,
  (dice) => `${'{"a":'.repeat(500 + dice.upTo(5_000))}1${'}'.repeat(5)}`,
  (dice) => {
    const depth = 200 + dice.upTo(2_000);
    return `{"parameters":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}}`;
  },
  () => '{"__proto__":{"polluted":true},"parameters":{"a":1,"b":2}}',
  () => '{"parameters":{"a":1,"b":2},"context":{"constructor":{"prototype":{"polluted":true}}}}',
  () => Buffer.from([0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]),
  () => Buffer.concat([Buffer.from('{"parameters":{"text":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}}')]),
  () => Buffer.concat([Buffer.from('{"parameters":{"text":"'), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from('"}}')]),
  (dice) => Buffer.concat([Buffer.from([0x80 + dice.upTo(64)]), dice.bytes(200)]),
  (dice) => `{"parameters":"${'x'.repeat(dice.upTo(2_000))}"`,
];

/** Well-formed JSON whose members do not fit `execute` of `echo/add`. */
export const WRONG_MEMBERS: readonly unknown[] = [
  { parameters: [] },
  { parameters: 'a' },
  { parameters: null },
  { parameters: { a: '1', b: 2 } },
  { parameters: { a: 1 } },
  { parameters: { a: 1, b: 2, c: 3 } },
  { parameters: { a: { valueOf: 1 }, b: [] } },
  { parameters: { a: null, b: null } },
  { parameters: { a: 1, b: '\ud800' } },
  { parameters: { '\udfff': 1, b: 2 } },
  { parameters: { a: 1, b: 2 }, action: 7 },
  { parameters: { a: 1, b: 2 }, action: '' },
  { parameters: { a: 1, b: 2 }, action: '\ud800' },
  { parameters: { a: 1, b: 2 }, action: 'x'.repeat(300) },
  { parameters: { a: 1, b: 2 }, context: 'c' },
  { parameters: { a: 1, b: 2 }, context: { timeout_ms: -1 } },
  { parameters: { a: 1, b: 2 }, context: { timeout_ms: 1.5 } },
  { parameters: { a: 1, b: 2 }, context: { timeout_ms: 1e300 } },
  { parameters: { a: 1, b: 2 }, context: { session_id: {} } },
  { parameters: { a: 1, b: 2 }, context: { session_id: 'x'.repeat(1_000) } },
];
export const WRONG_ENTRIES: readonly unknown[] = [
  {},
  { id: 7 },
  { id: 'x' },
  { id: '', url: 'http://127.0.0.1:9' },
  { id: '\ud800', url: 'http://127.0.0.1:9/mcp' },
  { id: '/', url: 'http://127.0.0.1:9/mcp' },
  { id: 'x', url: 'file:///etc/passwd' },
  { id: 'x', url: 'javascript:1' },
  { id: 'x', url: 7 },
  { id: 'x', command: 7 },
  { id: 'x', command: '' },
  { id: 'x', command: 'a\u0000b' },
  { id: 'x', command: 'node', args: 'all' },
  { id: 'x', command: 'node', env: { A: [] } },
  { id: 'x', url: 'http://127.0.0.1:9/mcp', headers: { a: 'b\r\nc' } },
  { id: 'x', url: 'http://127.0.0.1:9/mcp', headers: { 'a b': 'c' } },
  { id: 'x', url: 'http://127.0.0.1:9/mcp', timeouts: -1 },
  { servers: [] },
  { servers: 'x' },
  { servers: { x: null } },
  { servers: { __proto__: null, constructor: {} } },
  { servers: { echo: { url: 'http://127.0.0.1:9/mcp' } } },
];
const WRONG_TYPES = ['text/plain', 'application/xml', 'multipart/form-data', 'application/jsonp', ';;;', 'json', '*/*'];

const post = (path: string, body: string | Buffer, type = JSON_TYPE, headers = {}): Malformed => ({
  method: 'POST',
  path,
  headers: { 'content-type': type, ...headers },
  body: Buffer.isBuffer(body) ? body : Buffer.from(body),
});
const json = (path: string, value: unknown): Malformed => post(path, JSON.stringify(value));

export const EXECUTE = '/api/v1/tools/execute/echo/add';
const REST: readonly ((dice: Dice) => Malformed)[] = [
  // An empty body is a call without parameters, which do not fit either.
  (dice) => post(EXECUTE, dice.of(BROKEN_JSON)(dice)),
  (dice) => json(EXECUTE, dice.of(WRONG_MEMBERS)),
  (dice) => post(EXECUTE, '{"parameters":{"a":1,"b":2}}', dice.of(WRONG_TYPES)),
  (dice) => json(`/api/v1/tools/execute/${dice.of(ODD_NAMES)}`, {}),
  (dice) => json(`/api/v1/tools/execute/echo`, { action: decodeURIComponentSafely(dice.of(ODD_NAMES)) }),
  (dice) => json(`${EXECUTE}?raw=${dice.of(['maybe', '%FF', '2', 'true&raw=false', '%00'])}`, { parameters: {} }),
  (dice) => ({ method: 'GET', path: `/api/v1/tools/${dice.of(ODD_NAMES)}/detail`, headers: {}, body: undefined }),
  (dice) => ({
    method: 'GET',
    path: `/api/v1/tools/available?${dice.of(['format=xml', 'format=', 'format=json&format=llm', 'server=', 'server=%FF', `server=${'s'.repeat(900)}`, 'toolkit='])}`,
    headers: {},
    body: undefined,
  }),
  (dice) => ({ method: 'DELETE', path: `/api/v1/tools/${dice.of(ODD_NAMES)}`, headers: {}, body: undefined }),
  (dice) => json('/api/v1/tools/register', dice.of(WRONG_ENTRIES)),
  (dice) => post('/api/v1/tools/register', dice.of(BROKEN_JSON)(dice)),
  (dice) =>
    json(
      '/api/v1/tools/search',
      dice.of([
        {},
        { query: 7 },
        { query: '' },
        { query: ' \n' },
        { query: 'x', k: 0 },
        { query: 'x', k: 1e9 },
        { query: 'x'.repeat(5_000) },
        [],
      ]),
    ),
  (dice) => ({
    method: dice.of(['PUT', 'PATCH', 'DELETE', 'GET', 'TRACE', 'PROPFIND', 'HEAD', 'LOCK']),
    path: `/${dice.of(['api/v1/tools/execut', 'api', 'api/v2/tools/available', '..%2f..%2f', '%c0%ae%c0%ae/', 'docs/../../etc/passwd', '\\', 'favicon.ico', 'mcp/nothing', 'kernel'])}`,
    headers: {},
    body: undefined,
  }),
  (dice) => ({
    method: 'GET',
    path: '/api/v1/tools/available',
    headers: dice.of<Record<string, string>>([
      { host: 'evil.example' },
      { host: 'localhost:99999999' },
      { origin: 'http://evil.example' },
      { origin: 'null' },
      { host: '[::1' },
    ]),
    body: undefined,
  }),
];

export const decodeURIComponentSafely = (text: string): string => {
  try {
    return decodeURIComponent(text) || 'x';
  } catch {
    return '\udc00';
  }
};

const rpc = (more: object) => JSON.stringify({ jsonrpc: '2.0', ...more });
export const WRONG_RPC: readonly ((dice: Dice) => string)[] = [
  () => '[]',
  () => '{}',
  () => 'null',
  () => '{"jsonrpc":"1.0","id":1,"method":"tools/list"}',
  () => '{"id":1,"method":"tools/list"}',
  () => rpc({ id: {}, method: 'tools/list' }),
  () => rpc({ id: [1], method: 'tools/list' }),
  () => rpc({ id: null, method: 'tools/list' }),
  () => rpc({ id: 1, method: 7 }),
  () => rpc({ id: 1, method: null }),
  () => rpc({ id: 1 }),
  () => rpc({ id: 1, method: 'tools/list', params: [] }),
  () => rpc({ id: 1, method: 'tools/list', params: 'x' }),
  () => rpc({ id: 1, method: 'tools/list', params: { cursor: { a: 1 } } }),
  () => rpc({ id: 1, method: 'tools/list', params: { cursor: 'no such' } }),
  () => rpc({ id: 1, method: 'tools/call' }),
  () => rpc({ id: 1, method: 'tools/call', params: { name: 7 } }),
  () => rpc({ id: 1, method: 'tools/call', params: { name: '__proto__', arguments: {} } }),
  () => rpc({ id: 1, method: 'tools/call', params: { name: '\ud800', arguments: {} } }),
  () => rpc({ id: 1, method: 'tools/call', params: { name: 'echo__add', arguments: [] } }),
  () => rpc({ id: 1, method: 'tools/call', params: { name: 'echo__add', arguments: { a: 'x' } } }),
  () => rpc({ id: 1, method: 'tools/call', params: { name: 'echo__add', arguments: 'a' } }),
  () =>
    '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo__add","arguments":{"a":1e999,"b":-1e999}}}',
  () => '{"jsonrpc":"2.0","id":1e400,"method":"tools/list"}',
  () => rpc({ id: 1, method: '__proto__', params: {} }),
  () => rpc({ id: 1, method: 'constructor', params: {} }),
  () => rpc({ id: 1, method: 'toString', params: {} }),
  (dice) => rpc({ id: 1, method: `no/${dice.upTo(1e9)}`, params: {} }),
  () => rpc({ id: 1, method: 'initialize' }),
  () => rpc({ id: 1, method: 'initialize', params: { protocolVersion: 7 } }),
  () =>
    rpc({ id: 1, method: 'initialize', params: { protocolVersion: '1999-01-01', capabilities: [], clientInfo: 7 } }),
  () => rpc({ id: 1, method: 'resources/read', params: { uri: 7 } }),
  () => rpc({ id: 1, method: 'prompts/get', params: {} }),
  () => rpc({ id: 1, method: 'completion/complete', params: { ref: null } }),
  () => rpc({ id: 1, method: 'logging/setLevel', params: { level: 'loud' } }),
  () => rpc({ id: 1, method: 'tools/list', params: { _meta: 7 } }),
  () => rpc({ id: 1, method: 'tools/list', params: { _meta: { progressToken: {} } } }),
  () => rpc({ id: 1, result: {} }),
  () => rpc({ id: 1, error: 7 }),
  () => `[${Array.from({ length: 50 }, () => rpc({ id: 1, method: 'tools/list' })).join(',')}]`,
];
const MCP: readonly ((dice: Dice) => Malformed)[] = [
  (dice) => mcp(dice, dice.of(BROKEN_JSON)(dice)),
  (dice) => mcp(dice, dice.of(WRONG_RPC)(dice)),
  (dice) => mcp(dice, dice.of(WRONG_RPC)(dice)),
  (dice) => ({ ...mcp(dice, rpc({ id: 1, method: 'tools/list' })), headers: { 'content-type': dice.of(WRONG_TYPES) } }),
  (dice) => ({
    ...mcp(dice, rpc({ id: 1, method: 'tools/list' })),
    headers: { 'content-type': JSON_TYPE, accept: 'text/html', 'mcp-session-id': dice.of(['x', 'a'.repeat(500)]) },
  }),
  (dice) => ({ method: dice.of(['GET', 'DELETE', 'PUT']), path: dice.of(MOUNTS), headers: {}, body: undefined }),
];
/** Stands for the id of a session that is open. */
export const LIVE_SESSION = 'live-session';
const MOUNTS = ['/mcp', '/mcp/all', '/mcp/search', '/mcp/servers/echo', '/mcp/servers/no-such', '/mcp/servers/%FF'];

function mcp(dice: Dice, body: string | Buffer): Malformed {
  return post(dice.of(MOUNTS), body, JSON_TYPE, {
    accept: dice.of(['application/json, text/event-stream', '*/*', 'application/json, text/event-stream']),
    ...dice.of<Record<string, string>>([
      {},
      {},
      { 'mcp-protocol-version': '2025-06-18' },
      { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/list' },
      { 'mcp-protocol-version': 'yesterday' },
      { 'mcp-session-id': 'no-such-session' },
      { 'mcp-session-id': LIVE_SESSION, 'mcp-protocol-version': '2025-11-25' },
      { 'mcp-session-id': LIVE_SESSION, 'mcp-protocol-version': '2025-11-25' },
      { 'last-event-id': '\u0080' },
    ]),
  });
}

export const restCase = (dice: Dice): Malformed => dice.of(REST)(dice);
export const mcpCase = (dice: Dice): Malformed => dice.of(MCP)(dice);
