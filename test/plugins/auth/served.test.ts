import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { STORAGE } from '#plugins/storage/api';
import { HOST_DIR } from '../../../kernel/resolve.ts';
import { type BootedKernel, bootKernel } from '../../support/boot-kernel.ts';
import { type AuthorizationServer, startAuthorizationServer } from '../../support/oidc-provider.ts';

/** The whole server, asked over its port with tokens of a real authorization server. */
const dir = mkdtempSync(path.join(tmpdir(), 'auth-served-'));
const KEY = 'a-key-that-nobody-may-see';
let issuer: AuthorizationServer;
let kernel: BootedKernel;
let origin: string;

beforeAll(async () => {
  issuer = await startAuthorizationServer();
  kernel = await bootKernel({
    pipeline: path.join(HOST_DIR, 'pipelines', 'server.yaml'),
    env: { PORT: '0', DATA_DIR: dir, MCP_CONFIG: path.join(dir, 'none.json'), API_KEY: KEY },
    drop: false,
    plugins: { auth: { oauth: { issuer: issuer.issuer, clockToleranceSeconds: 0 } }, 'bundled-servers': 'off' },
  });
  origin = String(kernel.lines.find(({ msg }) => msg === 'Listening.')?.url);
}, 30_000);
afterAll(async () => {
  await kernel?.stop();
  await issuer?.stop();
  rmSync(dir, { recursive: true, force: true });
});

const ask = async (where: string, headers: Record<string, string> = {}, init: RequestInit = {}) => {
  const response = await fetch(`${origin}${where}`, { ...init, headers });
  const { status } = response;
  return { status, challenge: response.headers.get('www-authenticate') ?? '', text: await response.text() };
};
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const LIST = '/api/v1/tools/available';
const codeOf = ({ text }: { text: string }): unknown => (JSON.parse(text) as { code?: unknown }).code;

test('a token for this server opens it, a key does so too', async () => {
  const token = await issuer.token({ resource: `${origin}/` });
  expect((await ask(LIST, bearer(token))).status).toBe(200);
  expect((await ask('/metrics', bearer(token))).status).toBe(200);
  expect((await ask(LIST, { 'x-api-key': KEY })).status).toBe(200);
});

test('without one the challenge leads to the metadata, and the metadata to the issuer', async () => {
  const found = await ask(LIST);
  expect([found.status, codeOf(found)]).toEqual([401, 'AUTH_MISSING']);
  const metadata = /resource_metadata="([^"]+)"/.exec(found.challenge)?.[1];
  const response = await fetch(String(metadata));
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({ authorization_servers: [issuer.issuer] });
});

test('expired, foreign, tampered and unsigned tokens are refused, each with its code', async () => {
  const resource = `${origin}/`;
  const seconds = Math.floor(Date.now() / 1_000);
  const claims = { iss: issuer.issuer, aud: resource, sub: 'forger', scope: 'tools:read', exp: seconds + 60 };
  const good = await issuer.token({ resource });
  const [header, payload, signature] = good.split('.') as [string, string, string];
  const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
  const expected: readonly (readonly [string, string])[] = [
    [await issuer.forge({ ...claims, exp: seconds - 1 }), 'AUTH_EXPIRED'],
    [await issuer.token({ resource: 'https://elsewhere.example/' }), 'AUTH_AUDIENCE'],
    [await issuer.forge({ ...claims, iss: 'https://elsewhere.example' }), 'AUTH_INVALID'],
    [`${header}.${payload.slice(0, -2)}AA.${signature}`, 'AUTH_INVALID'],
    [none, 'AUTH_INVALID'],
    ['not-a-key-of-anybody', 'AUTH_INVALID'],
  ];
  for (const [token, code] of expected) {
    const found = await ask(LIST, bearer(token));
    expect([found.status, codeOf(found)]).toEqual([401, code]);
    expect(found.challenge).toMatch(/^Bearer .*error="invalid_token"/);
    expect(found.text).not.toContain(token);
  }
});

test('what the scope does not allow is forbidden, over REST and MCP', async () => {
  const token = await issuer.token({ resource: `${origin}/`, scope: 'tools:read' });
  const body = JSON.stringify({ parameters: {} });
  const json = { ...bearer(token), 'content-type': 'application/json' };
  const found = await ask('/api/v1/tools/execute/any', json, { method: 'POST', body });
  expect([found.status, codeOf(found)]).toEqual([403, 'AUTH_SCOPE']);
  expect(found.challenge).toContain('scope="tools:call", error="insufficient_scope"');
  expect((await ask('/mcp', { 'content-type': 'application/json' }, { method: 'POST', body: '{}' })).status).toBe(401);
});

test('who was refused stands in the audit log, and the key nowhere', async () => {
  const read = () => kernel.get(STORAGE).all<{ detail: string }>('SELECT * FROM auth_audit ORDER BY id');
  await expect.poll(async () => (await read()).map(({ detail }) => detail)).toContain('AUTH_SCOPE');
  expect(JSON.stringify([await read(), kernel.lines, kernel.status()])).not.toContain(KEY);
});
