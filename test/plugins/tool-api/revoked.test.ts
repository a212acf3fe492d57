import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AuthorizationServer, startAuthorizationServer } from '../../support/oidc-provider.ts';
import { type BootedToolApi, bootToolApi, until } from './boot-tool-api.ts';
import { SocketClient } from './event-client.ts';

/** Sockets last no longer than the credentials that opened them. */
const dir = mkdtempSync(path.join(tmpdir(), 'revoked-'));
const keysFile = path.join(dir, 'keys.json');
const KEPT = { name: 'kept', key: 'key-that-is-kept-0123456789', scopes: ['tools:read'] };
const GONE = { name: 'gone', key: 'key-that-goes-0123456789', scopes: ['tools:read', 'tools:write'] };
const LESS = { name: 'less', key: 'key-of-less-0123456789', scopes: ['tools:read', 'tools:write'] };
const write = (keys: readonly object[]) => writeFileSync(keysFile, JSON.stringify(keys));
let api: BootedToolApi;
let issuer: AuthorizationServer;
const open = (credential: string) => SocketClient.open(api.port, { authorization: `Bearer ${credential}` });

beforeAll(async () => {
  write([KEPT, GONE, LESS]);
  issuer = await startAuthorizationServer();
  api = await bootToolApi({
    http: { recheckMs: 100 },
    plugins: {
      auth: { keysFile, oauth: { issuer: issuer.issuer, audience: ['here'], clockToleranceSeconds: 0 } },
    },
  });
}, 30_000);
afterAll(async () => {
  await api?.stop();
  await issuer?.stop();
  rmSync(dir, { recursive: true, force: true });
});

test('a key that is taken away closes its sockets and takes their servers along; others stay, with less', async () => {
  const [kept, gone, less] = await Promise.all([KEPT, GONE, LESS].map(({ key }) => open(key)));
  const register = { type: 'register_tool', tool_id: 'of-gone', tools: [{ name: 't' }] };
  expect(await gone!.ask(register)).toMatchObject({ success: true });
  const closed = gone!.closed();
  write([KEPT, { ...LESS, scopes: ['tools:read'] }]);
  expect(await closed).toMatchObject({ code: 1008, reason: expect.stringMatching(/^AUTH_INVALID: /) });
  await until(() => !api.registry.snapshot.servers.has('of-gone'));
  expect(await kept!.ask({ type: 'ping' })).toMatchObject({ type: 'pong' });
  const answer = await less!.ask({ ...register, tool_id: 'of-less' });
  expect(answer).toMatchObject({ type: 'error', code: 'AUTH_SCOPE' });
  await Promise.all([kept!.close(), less!.close()]);
});

test('a token whose time is over closes its socket', async () => {
  const claims = { iss: issuer.issuer, aud: 'here', sub: 'agent', scope: 'tools:read' };
  const client = await open(await issuer.forge({ ...claims, exp: Math.floor(Date.now() / 1_000) + 2 }));
  expect(await client.ask({ type: 'ping' })).toMatchObject({ type: 'pong' });
  expect(await client.closed()).toEqual({ code: 1008, reason: 'AUTH_EXPIRED: the access token has expired' });
});
