import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { ApprovalRequest } from '#plugins/policy/api';
import type { RuledPolicy } from '../../../plugins/policy/policy.ts';
import { never, onBothDatabases } from './open-policy.ts';

const ASK: ApprovalRequest = {
  kind: 'install',
  subject: 'npm:a@1.0.0',
  principal: 'key:ada',
  reason: 'nobody knows it',
  rule: 'unknown publisher',
  detail: { task: 'draw' },
};
const approve = { state: 'approved', by: 'key:boss', comment: 'looked at it' } as const;
const deny = { state: 'denied', by: 'key:boss' } as const;
/** One millisecond, in hours. */
const MOMENT = 1 / 3_600_000;

onBothDatabases('approvals', ({ open, on }) => {
  on('are one for a subject and kind, and are told when opened and decided', async () => {
    const { policy, told, audit } = await open('');
    const opened = await Promise.all(Array.from({ length: 10 }, () => policy.approval(ASK)));
    expect(new Set(opened.map(({ id }) => id)).size).toBe(1);
    expect(opened[0]).toMatchObject({ ...ASK, state: 'open' });
    const other = await policy.approval({ ...ASK, kind: 'build' });
    expect(other.id).not.toBe(opened[0]!.id);
    const waiting = [policy.decided(other.id, never()), policy.decided(other.id, never())];
    await (policy as RuledPolicy).decide(other.id, approve);
    for (const done of await Promise.all(waiting))
      expect(done).toMatchObject({ state: 'approved', decidedBy: 'key:boss', comment: 'looked at it' });
    expect(told.map(({ id, state }) => [id, state])).toEqual([
      [opened[0]!.id, 'open'],
      [other.id, 'open'],
      [other.id, 'approved'],
    ]);
    expect(audit.at(-1)).toMatchObject({ principal: 'key:boss', action: 'approval.decide', target: ASK.subject });
    expect(audit.at(-1)?.detail).toContain('rule "unknown publisher"');
  });

  on('are open after a restart, and one that is decided on another server lets the waiting one go on', async () => {
    const first = await open('');
    const { id } = await first.policy.approval(ASK);
    await first.close();
    const [here, there] = [await open(''), await open('')];
    expect((await here.policy.approval(ASK)).id).toBe(id);
    const waiting = here.policy.decided(id, never());
    await (there.policy as RuledPolicy).decide(id, deny);
    expect(await waiting).toMatchObject({ state: 'denied', decidedBy: 'key:boss' });
  });

  on('are decided once', async () => {
    const { policy } = await open('');
    const { id } = await policy.approval(ASK);
    const asked = await Promise.allSettled(
      Array.from({ length: 6 }, (_, n) => (policy as RuledPolicy).decide(id, n % 2 ? approve : deny)),
    );
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const each of asked)
      if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'APPROVAL_DECIDED', kind: 'conflict' });
    await expect((policy as RuledPolicy).decide('nobody', approve)).rejects.toMatchObject({ code: 'APPROVAL_UNKNOWN' });
    await expect(policy.decided('nobody', never())).rejects.toMatchObject({ code: 'APPROVAL_UNKNOWN' });
  });

  on('expire, and whoever waits hears it', async () => {
    const { policy, told } = await open(`approvals: { expireHours: ${100 * MOMENT} }`);
    const { id } = await policy.approval(ASK);
    expect(await policy.decided(id, never())).toMatchObject({ id, state: 'expired' });
    expect(told.map(({ state }) => state)).toEqual(['open', 'expired']);
    await expect((policy as RuledPolicy).decide(id, approve)).rejects.toMatchObject({ code: 'APPROVAL_DECIDED' });
    expect((await policy.approval(ASK)).id).not.toBe(id);
  });

  on('hold for the same version for a while, but not for tools that change again', async () => {
    const { policy } = await open('');
    const { id } = await policy.approval(ASK);
    await (policy as RuledPolicy).decide(id, approve);
    expect(await policy.approval(ASK)).toMatchObject({ id, state: 'approved' });
    expect((await policy.approval({ ...ASK, subject: 'npm:a@1.0.1' })).id).not.toBe(id);
    const change: ApprovalRequest = { ...ASK, kind: 'tools_changed', subject: 'a' };
    const { id: first } = await policy.approval(change);
    await (policy as RuledPolicy).decide(first, approve);
    expect((await policy.approval(change)).id).not.toBe(first);
    const short = await open(`approvals: { holdHours: ${MOMENT} }`);
    await sleep(20);
    expect((await short.policy.approval(ASK)).id).not.toBe(id);
  });

  on('are denied anew each time that somebody asks again', async () => {
    const { policy } = await open('');
    const { id } = await policy.approval(ASK);
    await (policy as RuledPolicy).decide(id, deny);
    expect(await policy.approval(ASK)).toMatchObject({ state: 'open' });
  });

  on('are waited for no longer than the caller, or the plugin, is there', async () => {
    const { policy, close } = await open('');
    const { id } = await policy.approval(ASK);
    const ending = new AbortController();
    const left = policy.decided(id, ending.signal);
    ending.abort(new Error('the caller has gone'));
    await expect(left).rejects.toThrow('the caller has gone');
    const still = policy.decided(id, never());
    const ended = expect(still).rejects.toMatchObject({ code: 'POLICY_REPLACED' });
    await close();
    await ended;
  });

  on('show what is asked, without secrets and not without end', async () => {
    const { policy } = await open('', { detailKb: 4 });
    const key = `sk-${'a1b2c3d4'.repeat(4)}`;
    const { detail, reason } = await policy.approval({
      ...ASK,
      reason: `needs ${key}`,
      detail: {
        task: `read https://ada:hunter22@example.org/x with ${key} and password=hunter22, Authorization: Bearer hunter22x`,
        apiKey: 'hunter22',
        needs: { secrets: [{ name: 'GITHUB_TOKEN', required: true }], deeper: { token: 'hunter22' } },
        flood: 'x'.repeat(3_000),
        tools: Array.from({ length: 900 }, (_, n) => ({ name: `tool ${n}` })),
      },
    });
    const shown = JSON.stringify({ detail, reason });
    expect(shown).not.toMatch(/hunter22|a1b2c3d4/);
    expect(shown).toContain('GITHUB_TOKEN');
    expect(shown).toContain('https://ada:***@example.org/x');
    expect(shown.length).toBeLessThan(5_000);
    expect(detail).toMatchObject({ cut: true });
    expect(detail.flood).toHaveLength(3_000);
  });
});
