import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HTTP_SERVER } from '#plugins/http/api';
import { type BootedKernel, bootKernel } from '../../support/boot-kernel.ts';
import { skillText } from './open-skills.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'skills-rest-'));
let kernel: BootedKernel;
let url: string;

beforeAll(async () => {
  for (const name of ['charts', 'mail']) {
    mkdirSync(path.join(dir, 'work', name), { recursive: true });
    writeFileSync(path.join(dir, 'work', name, 'SKILL.md'), skillText(name));
  }
  kernel = await bootKernel({
    plugins: {
      http: { port: 0 },
      auth: {
        keys: [
          { name: 'boss', key: 'the-key-of-the-boss', scopes: ['admin'] },
          { name: 'agent', key: 'the-key-of-an-agent', scopes: ['tools:read', 'tools:call', 'tools:write'] },
        ],
      },
      skills: { dirs: [path.join(dir, 'project')], dir: path.join(dir, 'installed') },
    },
  });
  url = `${kernel.get(HTTP_SERVER).address.url}/api/v1/skills`;
});
afterAll(async () => {
  await kernel?.stop();
  rmSync(dir, { recursive: true, force: true });
});

const ask = async (method: string, where = '', body?: object, key = 'the-key-of-the-boss') => {
  const response = await fetch(`${url}${where}`, {
    method,
    headers: { 'x-api-key': key, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> };
};

test('installed, looked at, trusted, read and removed by REST', async () => {
  const source = path.join(dir, 'work', 'charts');
  const installed = await ask('POST', '/install', { source });
  expect(installed).toMatchObject({ status: 201, body: { name: 'charts', trusted: false, allowed_tools: [] } });
  expect((await ask('GET')).body).toMatchObject({ skills: [{ name: 'charts', scope: 'installed', trusted: false }] });
  expect(await ask('GET', '/charts')).toMatchObject({ status: 403, body: { code: 'SKILL_UNTRUSTED' } });
  expect(await ask('POST', '/charts/trust', { hash: '0'.repeat(64) })).toMatchObject({
    status: 409,
    body: { code: 'SKILL_CHANGED' },
  });
  expect(await ask('POST', '/charts/trust', { hash: installed.body.hash })).toMatchObject({
    status: 200,
    body: { trusted: true },
  });
  expect((await ask('GET', '/charts')).body).toMatchObject({
    text: expect.stringContaining('<skill_content name="charts">'),
    files: ['SKILL.md'],
  });
  expect(await ask('POST', '/install', { source })).toMatchObject({ status: 409, body: { code: 'SKILL_TAKEN' } });
  expect(await ask('DELETE', '/charts')).toMatchObject({ status: 204 });
  expect(await ask('GET', '/charts')).toMatchObject({ status: 404, body: { code: 'SKILL_UNKNOWN' } });
});

test('an agent may look, and neither install, trust nor remove', async () => {
  const agent = 'the-key-of-an-agent';
  const source = path.join(dir, 'work', 'mail');
  await ask('POST', '/install', { source, trust: true });
  expect(await ask('GET', '', undefined, agent)).toMatchObject({ status: 200 });
  expect(await ask('GET', '/mail', undefined, agent)).toMatchObject({ status: 200 });
  for (const [method, where, body] of [
    ['POST', '/install', { source }],
    ['POST', '/mail/trust', {}],
    ['DELETE', '/mail', undefined],
  ] as const)
    expect(await ask(method, where, body, agent), where).toMatchObject({ status: 403 });
  expect(await ask('POST', '/mail/trust')).toMatchObject({ status: 200 });
});
