import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Fault, isFault } from '#kernel';
import type { Scope } from '#plugins/auth/api';
import authPlugin from '../../../plugins/auth/index.ts';
import { type AuthorizationServer, startAuthorizationServer } from '../../support/oidc-provider.ts';
import { openPlugin } from '../open-plugin.ts';

const RESOURCE = 'http://127.0.0.1:8090/mcp';
const METADATA = 'http://127.0.0.1:8090/.well-known/oauth-protected-resource/mcp';

let server: AuthorizationServer;
let other: AuthorizationServer;
const closing: (() => Promise<void>)[] = [];
beforeAll(async () => {
  [server, other] = await Promise.all([startAuthorizationServer(), startAuthorizationServer()]);
}, 30_000);
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});
afterAll(async () => {
  await Promise.all([server.stop(), other.stop()]);
});

const open = async (oauth: object = {}, more: object = {}) => {
  const opened = await openPlugin(authPlugin, {
    oauth: { issuer: server.issuer, clockToleranceSeconds: 0, jwksCooldownSeconds: 0, ...oauth },
    ...more,
  });
  closing.push(opened.close);
  const { auth } = opened.plugin;
  const call = (token: string, scope: Scope = 'tools:call', resource = RESOURCE) =>
    auth.authenticate({ authorization: `Bearer ${token}` }, scope, resource);
  return { ...opened, auth, call };
};

/** The fault of a refused call, thrown at once or later. */
const refusal = async (work: () => unknown): Promise<Fault> => {
  try {
    await work();
  } catch (error) {
    if (isFault(error)) return error;
    throw error;
  }
  throw new Error('it was not refused');
};

const claims = (changes: object = {}) => ({
  iss: server.issuer,
  aud: RESOURCE,
  sub: 'forger',
  scope: 'tools:call',
  exp: Math.floor(Date.now() / 1_000) + 60,
  ...changes,
});

test('a token of the authorization server is taken: first verified, then known at once', async () => {
  const { call } = await open();
  const token = await server.token();
  const first = call(token);
  expect(first).toBeInstanceOf(Promise);
  expect(await first).toMatchObject({ id: 'oauth:agent', name: 'agent', kind: 'oauth' });
  const again = call(token, 'tools:read');
  expect(again).toMatchObject({ name: 'agent', scopes: new Set(['tools:read', 'tools:call']) });
});

test('without a token the challenge says where to get one', async () => {
  const { auth } = await open();
  const found = await refusal(() => auth.authenticate({}, 'tools:call', RESOURCE));
  expect(found).toMatchObject({ code: 'AUTH_MISSING', kind: 'unauthenticated' });
  expect(found.data.challenge).toBe(`Bearer resource_metadata="${METADATA}", scope="tools:call"`);
  expect(auth.resourceMetadata(RESOURCE)).toEqual({
    resource: RESOURCE,
    authorization_servers: [server.issuer],
    scopes_supported: ['tools:read', 'tools:call', 'tools:write', 'admin'],
    bearer_methods_supported: ['header'],
    resource_name: 'Datapresso',
  });
  expect(auth.required).toBe(true);
});

test('a token that has expired is refused, also when it was known', async () => {
  const { call } = await open();
  const token = await server.token({ ttlSeconds: 3 });
  await call(token);
  await sleep(4_050);
  const known = await refusal(() => call(token));
  expect(known).toMatchObject({ code: 'AUTH_EXPIRED', kind: 'unauthenticated' });
  expect(known.data.challenge).toContain('error="invalid_token"');
  expect(await refusal(() => call(token))).toMatchObject({ code: 'AUTH_EXPIRED' });
});

test('the audience must be this resource, one above it, or a configured one', async () => {
  const { call } = await open({ audience: ['https://tools.example'] });
  const elsewhere = await server.token({ resource: 'https://other.example/mcp' });
  const found = await refusal(() => call(elsewhere));
  expect(found).toMatchObject({ code: 'AUTH_AUDIENCE', kind: 'unauthenticated' });
  expect(found.data.challenge).toMatch(
    /^Bearer resource_metadata="[^"]+", scope="tools:call", error="invalid_token", error_description="[^"]+"$/,
  );
  const origin = await server.token({ resource: 'http://127.0.0.1:8090/' });
  expect(await call(origin)).toMatchObject({ name: 'agent' });
  const mcp = await server.token();
  expect(await call(mcp, 'tools:call', `${RESOURCE}/servers/x`)).toMatchObject({ name: 'agent' });
  for (const url of ['http://127.0.0.1:8090/mcpx', 'http://127.0.0.1:8090/api/v1', 'http://127.0.0.1:8091/mcp'])
    expect(await refusal(() => call(mcp, 'tools:call', url))).toMatchObject({ code: 'AUTH_AUDIENCE' });
  expect(await call(await server.token({ resource: 'https://tools.example' }))).toMatchObject({ name: 'agent' });
});

test('a scope that the token has not is forbidden, and the challenge names it', async () => {
  const { call } = await open();
  const token = await server.token({ scope: 'tools:read' });
  const found = await refusal(() => call(token, 'tools:write'));
  expect(found).toMatchObject({ code: 'AUTH_SCOPE', kind: 'forbidden' });
  expect(found.data.challenge).toContain('scope="tools:write", error="insufficient_scope"');
  expect(found.data.challenge).toContain(METADATA);
  const admin = await server.token({ scope: 'admin' });
  expect(await call(admin, 'tools:write')).toMatchObject({ name: 'agent' });
});

test('another issuer is refused, whoever signed', async () => {
  const { call } = await open();
  expect(await refusal(async () => call(await other.token()))).toMatchObject({ code: 'AUTH_INVALID' });
  const claimed = await server.forge(claims({ iss: other.issuer }));
  expect(await refusal(() => call(claimed))).toMatchObject({ code: 'AUTH_INVALID' });
});

test('forged tokens are refused', async () => {
  const { call } = await open();
  const [header, payload, signature] = (await server.token()).split('.') as [string, string, string];
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const read = (text: string) => JSON.parse(Buffer.from(text, 'base64url').toString());
  const richer = part({ ...read(payload), scope: 'admin' });
  const kid = server.publicKey().kid;
  const hmacKey = JSON.stringify(server.publicKey());
  const hs256 = `${part({ alg: 'HS256', kid, typ: 'at+jwt' })}.${part(claims())}`;
  const forged = {
    tampered: `${header}.${richer}.${signature}`,
    'cut signature': `${header}.${payload}.${signature.slice(0, -8)}`,
    'no signature': `${header}.${payload}.`,
    'alg none': `${part({ alg: 'none' })}.${part(claims())}.`,
    'alg None, with signature': `${part({ ...read(header), alg: 'None' })}.${payload}.${signature}`,
    'HS256 with the public key': `${hs256}.${createHmac('sha256', hmacKey).update(hs256).digest('base64url')}`,
    'own key in the header': await other.forge(claims(), { jwk: other.publicKey(), kid: undefined }),
    'own key by URL': await other.forge(claims(), { jku: `${other.issuer}/jwks` }),
    'key id as a path': await other.forge(claims(), { kid: '../../dev/null' }),
    'no exp': await server.forge(claims({ exp: undefined })),
    'no aud': await server.forge(claims({ aud: undefined })),
    'not yet': await server.forge(claims({ nbf: Math.floor(Date.now() / 1_000) + 60 })),
    'exp as text': await server.forge(claims({ exp: '9999999999' as never })),
    'critical extension': await server.forge(claims()).then((token) => {
      const [, body, sign] = token.split('.');
      return `${part({ alg: 'RS256', kid, crit: ['x'], x: 1 })}.${body}.${sign}`;
    }),
    'no JWT': 'some.thing.else',
    opaque: 'abcdefghijklmnopqrstuvwxyz0123456789',
  };
  for (const [name, token] of Object.entries(forged)) {
    const found = await refusal(() => call(token));
    expect([name, found.code]).toEqual([name, 'AUTH_INVALID']);
    expect(found.data.challenge).toContain('error="invalid_token"');
    expect(JSON.stringify([found.message, found.data])).not.toContain(token.slice(0, 40));
  }
  expect(await call(await server.forge(claims()))).toMatchObject({ name: 'forger' });
});

test('scopes come as text or list, from the claim that is configured', async () => {
  const { call } = await open({ scopesClaim: 'permissions' });
  const list = await server.forge(claims({ scope: undefined, permissions: ['tools:write', 'pets:feed', 7] }));
  expect(await call(list, 'tools:write')).toMatchObject({ scopes: new Set(['tools:write']) });
  const odd = await server.forge(claims({ scope: undefined, permissions: { 'tools:write': true } }));
  expect(await refusal(() => call(odd, 'tools:write'))).toMatchObject({ code: 'AUTH_SCOPE' });
});

test('new keys of the issuer are found when a token needs them; old ones end', async () => {
  const { call } = await open({ jwksMaxAgeSeconds: 1 });
  const old = await server.token();
  await call(old);
  await server.rotate();
  expect(await call(await server.token())).toMatchObject({ name: 'agent' });
  const { call: fresh } = await open();
  expect(await refusal(() => fresh(old))).toMatchObject({ code: 'AUTH_INVALID' });
});

test('unknown keys do not make us ask the issuer again and again', async () => {
  const { call } = await open({ jwksCooldownSeconds: 30 });
  await call(await server.token());
  const before = server.requests.get('/jwks') ?? 0;
  for (let at = 0; at < 20; at += 1) {
    const unknown = await server.forge(claims({ jti: `${at}` }), { kid: `unknown-${at}` });
    expect(await refusal(() => call(unknown))).toMatchObject({ code: 'AUTH_INVALID' });
  }
  expect((server.requests.get('/jwks') ?? 0) - before).toBeLessThanOrEqual(1);
});

test('two subjects that begin alike are two callers, under names of a bearable length', async () => {
  const { call } = await open();
  const [one, other] = await Promise.all(
    ['1', '2'].map(async (end) => call(await server.forge(claims({ sub: `${'s'.repeat(300)}${end}` })))),
  );
  expect(one?.id).not.toBe(other?.id);
  expect(one?.name).toHaveLength(200);
});

test('the same new token many times at once is verified once', async () => {
  const { call } = await open();
  const token = await server.token();
  const principals = await Promise.all(Array.from({ length: 50 }, () => call(token)));
  expect(new Set(principals).size).toBe(1);
});

test('an issuer that cannot be asked is unavailable, not an invalid token; keys go on', async () => {
  const key = 'a-key-of-sixteen-or-more';
  const oauth = { issuer: 'http://127.0.0.1:1', timeoutMs: 300 };
  const { call, auth } = await open(oauth, { keys: [{ name: 'ci', key }] });
  const token = await server.token();
  expect(await refusal(() => call(token))).toMatchObject({ code: 'AUTH_UNAVAILABLE', kind: 'unavailable' });
  expect(auth.authenticate({ 'x-api-key': key }, 'tools:read', RESOURCE)).toMatchObject({ name: 'ci', kind: 'key' });
});

test('metadata of another issuer is not used', async () => {
  const { call } = await open({ issuer: server.issuer.replace('127.0.0.1', 'localhost') });
  const found = await refusal(async () => call(await server.token()));
  expect(found).toMatchObject({ code: 'AUTH_UNAVAILABLE' });
  expect(found.message).toContain('it is the metadata of');
});

test('the keys can be named directly', async () => {
  const { call } = await open({ jwksUrl: `${server.issuer}/jwks` });
  const before = server.requests.get('/.well-known/openid-configuration') ?? 0;
  expect(await call(await server.token())).toMatchObject({ name: 'agent' });
  expect(server.requests.get('/.well-known/openid-configuration') ?? 0).toBe(before);
});
