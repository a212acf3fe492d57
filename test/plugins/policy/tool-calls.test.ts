import { expect } from 'vitest';
import type { ApprovalRequest, Permission } from '#plugins/policy/api';
import type { RuledPolicy } from '../../../plugins/policy/policy.ts';
import { never, onBothDatabases } from './open-policy.ts';

const RULES = `permissions:
  - { name: all, tool: "*", verdict: allow }
  - { name: mail, tool: mail/send, verdict: ask, timeoutMs: 100 }
  - { name: notes, tool: notes/*, verdict: ask, timeoutMs: 120, onTimeout: allow }
`;
const USE = { tool: 'mail/send', args: { to: 'ada@example.org', token: 'hunter22' } };
const askFor = ({ rule, reason }: Permission): ApprovalRequest => ({
  kind: 'tool_call',
  subject: `run-1 call-7 ${USE.tool}`,
  principal: 'agent:run-1',
  reason,
  rule,
  detail: { tool: USE.tool, args: USE.args },
});

onBothDatabases('calls that a person must allow', ({ open, on }) => {
  on('are still open after a restart, and whoever asks again goes on when they are decided', async () => {
    const first = await open(RULES);
    const permission = first.policy.permission(USE);
    expect(permission).toMatchObject({ verdict: 'ask', rule: 'mail', timeoutMs: 100, onTimeout: 'deny' });
    const asked = await first.policy.approval(askFor(permission));
    expect(asked).toMatchObject({ kind: 'tool_call', state: 'open', rule: 'mail' });
    expect(JSON.stringify(asked)).not.toContain('hunter22');
    const cut = expect(first.policy.decided(asked.id, never())).rejects.toMatchObject({ code: 'POLICY_REPLACED' });
    await first.close();
    await cut;

    const second = await open(RULES);
    const again = await second.policy.approval(askFor(second.policy.permission(USE)));
    expect(again).toMatchObject({ id: asked.id, state: 'open' });
    const waiting = second.policy.decided(again.id, never());
    await (second.policy as RuledPolicy).decide(again.id, { state: 'approved', by: 'key:boss' });
    expect(await waiting).toMatchObject({ id: asked.id, kind: 'tool_call', state: 'approved', decidedBy: 'key:boss' });
    // This call was allowed, which whoever asks after a restart must learn; and not all like it.
    expect(await second.policy.approval(askFor(permission))).toMatchObject({ id: asked.id, state: 'approved' });
    const next = await second.policy.approval({ ...askFor(permission), subject: `run-1 call-8 ${USE.tool}` });
    expect(next).toMatchObject({ state: 'open' });
    expect(next.id).not.toBe(asked.id);
  });

  on('are waited for as long as their rule says; then what it says counts, and the question stays open', async () => {
    const { policy } = await open(RULES);
    for (const [tool, onTimeout] of [
      ['mail/send', 'deny'],
      ['notes/write', 'allow'],
    ] as const) {
      const permission = policy.permission({ ...USE, tool });
      const { id } = await policy.approval({ ...askFor(permission), subject: tool });
      const begun = performance.now();
      await expect(policy.decided(id, AbortSignal.timeout(permission.timeoutMs))).rejects.toMatchObject({
        name: 'TimeoutError',
      });
      expect(performance.now() - begun).toBeGreaterThan(80);
      expect(permission.onTimeout).toBe(onTimeout);
      expect((await policy.approval({ ...askFor(permission), subject: tool })).id).toBe(id);
    }
  });
});
