import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { AUTH } from '#plugins/auth/api';
import { STORAGE } from '#plugins/storage/api';
import { swapPlugin } from '../../../kernel/swap.ts';
import { bootKernel } from '../../support/boot-kernel.ts';

const dir = mkdtempSync(join(tmpdir(), 'audit-swap-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('swaps of the database and of auth itself lose no entry of the audit log', async () => {
  const kernel = await bootKernel({ plugins: { storage: { dir }, auth: {} } });
  try {
    const auth = kernel.get(AUTH);
    let written = 0;
    const writing = setInterval(() => {
      for (let count = 0; count < 20; count += 1)
        auth.audit({ principal: 'ci', action: 'tool.call', target: `${written++}`, outcome: 'ok' });
    }, 1);
    for (const id of ['storage', 'auth', 'storage', 'auth', 'storage']) {
      const slot = kernel.host.slots.get(id)!;
      await swapPlugin(kernel.host, slot, { ...slot.instance.entry }, kernel.host.plan);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    clearInterval(writing);
    expect(written).toBeGreaterThan(200);
    const targets = async (): Promise<string[]> =>
      (await kernel.get(STORAGE).all<{ target: string }>('SELECT target FROM auth_audit')).map(({ target }) => target);
    await expect.poll(async () => (await targets()).length, { timeout: 5_000 }).toBe(written);
    expect(new Set(await targets()).size).toBe(written);
    expect(kernel.lines.filter(({ level }) => level === 'error')).toEqual([]);
  } finally {
    await kernel.stop();
  }
});
