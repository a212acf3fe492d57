import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HTTP_SERVER } from '#plugins/http/api';
import { POLICY, type Policy } from '#plugins/policy/api';
import { STORAGE } from '#plugins/storage/api';
import { type BootedKernel, bootKernel } from '../../support/boot-kernel.ts';
import { never, request, until } from './open-policy.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'policy-rest-'));
let kernel: BootedKernel;
let policy: Policy;
let url: string;

beforeAll(async () => {
  kernel = await bootKernel({
    plugins: {
      storage: { dir },
      http: { port: 0 },
      auth: {
        keys: [
          { name: 'boss', key: 'the-key-of-the-boss', scopes: ['admin'] },
          { name: 'agent', key: 'the-key-of-an-agent', scopes: ['tools:read', 'tools:call', 'tools:write'] },
        ],
      },
      policy: {},
    },
  });
  policy = kernel.get(POLICY);
  url = `${kernel.get(HTTP_SERVER).address.url}/api/v1/approvals`;
});
afterAll(async () => {
  await kernel?.stop();
  rmSync(dir, { recursive: true, force: true });
});

const ask = async (where: string, key = 'the-key-of-the-boss', body?: object) => {
  const response = await fetch(`${url}${where}`, {
    headers: { 'x-api-key': key, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
const opened = (subject: string) =>
  policy.approval({
    kind: 'install',
    subject,
    principal: 'key:agent',
    reason: 'Nothing is known that speaks for its publisher.',
    rule: 'unknown publisher',
    detail: { task: 'draw' },
  });

test('an approval given by REST lets a waiting one go on', async () => {
  const { id } = await opened('npm:draw@1.0.0');
  const waiting = policy.decided(id, never());
  const { body: list } = await ask('');
  expect(list.approvals).toMatchObject([
    {
      approval_id: id,
      kind: 'install',
      subject: 'npm:draw@1.0.0',
      state: 'open',
      principal: 'key:agent',
      rule: 'unknown publisher',
      detail: { task: 'draw' },
    },
  ]);
  const given = await ask(`/${id}`, undefined, { decision: 'approve', comment: 'fine' });
  expect(given).toMatchObject({ status: 200, body: { state: 'approved', decided_by: 'key:boss', comment: 'fine' } });
  expect(await waiting).toMatchObject({ id, state: 'approved', decidedBy: 'key:boss' });
  expect((await ask(`/${id}`)).body).toMatchObject({ state: 'approved', decided_at: expect.stringMatching(/Z$/) });
  expect((await ask('')).body.approvals).toEqual([]);
  expect((await ask('?state=all')).body.approvals).toHaveLength(1);
});

test('who asks may look, and may not answer', async () => {
  const { id } = await opened('npm:other@1.0.0');
  expect((await ask(`/${id}`, 'the-key-of-an-agent')).status).toBe(200);
  const refused = await ask(`/${id}`, 'the-key-of-an-agent', { decision: 'approve' });
  expect(refused).toMatchObject({ status: 403, body: { code: 'AUTH_SCOPE' } });
  expect(await ask(`/${id}`, undefined, { decision: 'deny' })).toMatchObject({ body: { state: 'denied' } });
});

test('what cannot be decided is refused with its code', async () => {
  const { id } = await opened('npm:third@1.0.0');
  expect(await ask('/nothing')).toMatchObject({ status: 404, body: { code: 'APPROVAL_UNKNOWN', alternatives: [id] } });
  expect((await ask(`/${id}`, undefined, { decision: 'perhaps' })).status).toBe(400);
  expect((await ask(`/${id}`, undefined, { decision: 'deny', comment: 7 })).status).toBe(400);
  expect((await ask('?state=unclear')).status).toBe(400);
  expect((await ask(`/${id}`, undefined, { decision: 'deny' })).status).toBe(200);
  expect(await ask(`/${id}`, undefined, { decision: 'approve' })).toMatchObject({
    status: 409,
    body: { code: 'APPROVAL_DECIDED', hint: expect.any(String) },
  });
});

test('every decision stands in the audit log with its rule', async () => {
  await policy.judge(request('npm:nobody', { version: '1.0.0', sandboxed: false }));
  await until(async () => {
    const rows = await kernel
      .get(STORAGE)
      .all(
        "SELECT principal, action, target, outcome, detail FROM auth_audit WHERE action LIKE 'policy.%' OR action LIKE 'approval.%'",
      );
    expect(rows).toContainEqual({
      principal: 'key:ada',
      action: 'policy.judge',
      target: 'npm:nobody@1.0.0',
      outcome: 'denied',
      detail: 'deny at high by rule "levels.high.limits.sandbox"',
    });
    expect(rows).toContainEqual(
      expect.objectContaining({ principal: 'key:boss', action: 'approval.decide', target: 'npm:draw@1.0.0' }),
    );
  });
});
