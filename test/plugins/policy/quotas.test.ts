import fc from 'fast-check';
import { expect } from 'vitest';
import { onBothDatabases, openBench, request } from './open-policy.ts';

const RULES = 'quotas: { perSession: 2, perDay: 3 }';
const session = (subject: string, name: string) => request(subject, { session: name });

onBothDatabases('quotas', ({ open, on }) => {
  on('survive a restart', async () => {
    const first = await open(RULES);
    await first.policy.reserve(session('npm:a', 'one'));
    await first.policy.reserve(session('npm:b', 'one'));
    await first.close();
    const { policy } = await open(RULES);
    await expect(policy.reserve(session('npm:c', 'one'))).rejects.toMatchObject({
      code: 'QUOTA_EXCEEDED',
      kind: 'rate_limited',
      data: { rule: 'quotas.perSession', limit: 2 },
    });
    await policy.reserve(session('npm:c', 'two'));
    await expect(policy.reserve(session('npm:d', 'two'))).rejects.toMatchObject({ data: { rule: 'quotas.perDay' } });
    await policy.reserve(request('npm:d', { principal: 'key:bob' }));
  });

  on('let through exactly as many as they say, however many ask at once, of two servers', async () => {
    const servers = [await open('quotas: { perDay: 5, perSession: 100 }'), await open()];
    const rules = [servers[0]!, await open('quotas: { perDay: 5, perSession: 100 }')];
    const asked = await Promise.allSettled(
      Array.from({ length: 30 }, (_, n) => rules[n % 2]!.policy.reserve(session(`npm:s${n}`, 'one'))),
    );
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
    for (const each of asked)
      if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'QUOTA_EXCEEDED' });
  });

  on('count the same server once, and give back once what did not happen', async () => {
    const { policy } = await open('quotas: { perDay: 1 }');
    const cutOff = await policy.reserve(request('npm:a'));
    const again = await policy.reserve(request('npm:a'));
    await again.release();
    await expect(policy.reserve(request('npm:b'))).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
    await Promise.all([cutOff.release(), cutOff.release()]);
    await policy.reserve(request('npm:b'));
    await expect(policy.reserve(request('npm:c'))).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
  });

  on('do not bind what the rules exempt', async () => {
    const { policy } = await open('quotas: { perDay: 0, exempt: ["key:ci-*"] }');
    await policy.reserve(request('npm:a', { principal: 'key:ci-1' }));
    await expect(policy.reserve(request('npm:a'))).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
  });
});

const { open, on } = openBench();
on('never let more through than they say, whatever is taken and given back in which order', async () => {
  const { policy } = await open('quotas: { perDay: 3, perSession: 100 }');
  let world = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.boolean(), fc.nat(5)), { maxLength: 30 }), async (steps) => {
      const principal = `key:${world++}`;
      const held = new Map<number, { release(): Promise<void> }>();
      for (const [take, n] of steps) {
        if (!take) {
          await held.get(n)?.release();
          held.delete(n);
        } else if (!held.has(n)) {
          const taken = await policy.reserve(request(`npm:${n}`, { principal })).catch(() => undefined);
          expect(taken !== undefined).toBe(held.size < 3);
          if (taken !== undefined) held.set(n, taken);
        }
      }
    }),
    { numRuns: 30 },
  );
});
