import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AuthorizationServer, startAuthorizationServer } from '../../support/oidc-provider.ts';
import { ask } from '../http/http-client.ts';
import { type BootedToolApi, bootToolApi, echoEntry } from './boot-tool-api.ts';

/** Callers whose names are alike share nothing: each has connections of its own to servers that keep a state. */
const A = 'key-of-a-0123456789';
const A_B = 'key-of-a-colon-b-0123456789';
const AGENT = 'key-of-agent-0123456789';
let api: BootedToolApi;
let issuer: AuthorizationServer;
let token: string;

beforeAll(async () => {
  issuer = await startAuthorizationServer();
  api = await bootToolApi({
    servers: { session: { ...echoEntry, connection: 'session' }, user: { ...echoEntry, connection: 'user' } },
    plugins: {
      auth: {
        keys: [
          { name: 'a', key: A },
          { name: 'a:b', key: A_B },
          { name: 'agent', key: AGENT },
        ],
        oauth: { issuer: issuer.issuer, audience: ['here'] },
      },
    },
  });
  const claims = { iss: issuer.issuer, aud: 'here', sub: 'agent', scope: 'tools:call' };
  token = await issuer.forge({ ...claims, exp: Math.floor(Date.now() / 1_000) + 300 });
}, 30_000);
afterAll(async () => {
  await api?.stop();
  await issuer?.stop();
});

/** Process id of the server that answered. */
async function pid(server: string, credential: string, session?: string): Promise<unknown> {
  const { json } = await ask(api.port, `/api/v1/tools/execute/${server}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${credential}` },
    body: { action: 'pid', context: { session_id: session } },
  });
  expect(json).toMatchObject({ success: true });
  return json.output;
}

test('session "b:c" of "a" is not session "c" of "a:b"', async () => {
  const own = await pid('session', A, 'b:c');
  expect(await pid('session', A, 'b:c')).toBe(own);
  expect(await pid('session', A_B, 'c')).not.toBe(own);
});

test('an OAuth subject is not the API key of the same name', async () => {
  const own = await pid('user', AGENT);
  expect(await pid('user', AGENT)).toBe(own);
  expect(await pid('user', token)).not.toBe(own);
});
