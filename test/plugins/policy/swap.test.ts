import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { POLICY, type Policy } from '#plugins/policy/api';
import { type BootedKernel, bootKernel } from '../../support/boot-kernel.ts';
import { never } from './open-policy.ts';

let dir: string;
let kernel: BootedKernel;
let policy: Policy;
beforeEach(async () => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'policy-swap-'));
  kernel = await bootKernel({ plugins: { storage: { dir }, policy: { pollMs: 50 } }, watch: true });
  policy = kernel.get(POLICY);
});
afterEach(async () => {
  await kernel.stop();
  fs.rmSync(dir, { recursive: true, force: true });
});

test('who waits for a decision while the plugin is swapped is told to ask the next version, which has it', async () => {
  const { id } = await policy.approval({
    kind: 'install',
    subject: 'npm:a@1.0.0',
    principal: 'key:ada',
    reason: 'nobody knows it',
    rule: 'unknown publisher',
    detail: {},
  });
  const waiting = policy.decided(id, never()).catch((error: unknown) => error);
  const pipeline = JSON.parse(fs.readFileSync(kernel.file, 'utf8'));
  pipeline.plugins.policy.keepDays = 7;
  fs.writeFileSync(kernel.file, JSON.stringify(pipeline));
  expect(await waiting).toMatchObject({ code: 'POLICY_REPLACED', kind: 'unavailable' });
  const gone = new AbortController();
  const again = policy.decided(id, gone.signal).catch((error: Error) => error.name);
  await vi.waitFor(() => expect(kernel.status().plugins.find(({ id }) => id === 'policy')?.generation).toBe(2));
  gone.abort();
  expect(await again).toBe('AbortError');
});
