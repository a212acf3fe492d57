import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { APPROVAL_CHANGED, type Approval } from '#plugins/policy/api';
import policyPlugin from '../../../plugins/policy/index.ts';
import type { RuledPolicy } from '../../../plugins/policy/policy.ts';
import storagePlugin from '../../../plugins/storage/index.ts';
import { openPlugin } from '../open-plugin.ts';
import { freshDir, type Opening, openEvolution } from './open-evolution.ts';

const until = (check: () => Promise<void>): Promise<void> => vi.waitFor(check, { timeout: 10_000, interval: 10 });

/** With the real policy under these permissions. */
async function open(permissions: string, config: Opening['config'] = {}) {
  const dir = await freshDir();
  const file = path.join(dir, 'policy.yaml');
  writeFileSync(file, `permissions: ${permissions}`);
  const storage = await openPlugin(storagePlugin, { dir: path.join(dir, 'data') });
  const opened = await openPlugin(policyPlugin, { file, pollMs: 20 }, { storage: storage.plugin.storage });
  onTestFinished(async () => {
    await opened.close();
    await storage.close();
  });
  const policy = opened.plugin.policy as RuledPolicy;
  const here = await openEvolution({ dir, policy, config });
  const approvals: Approval[] = [];
  opened.events.subscribe(APPROVAL_CHANGED, (approval) => {
    approvals.push(approval);
    here.events.publish(APPROVAL_CHANGED, approval);
  });
  here.server('a', ['find']);
  here.calls('a/find', 100, 90);
  const [made] = await here.evolution.propose();
  const state = async () => (await here.evolution.proposals())[0];
  return { ...here, policy, approvals, made: made!, state };
}
const ALLOW = '[{ tool: "*", verdict: allow }]';

describe('what is proposed', () => {
  test('waits for a person by default, and is applied when one approves', async () => {
    const here = await open(ALLOW);
    expect(here.made.state).toBe('waiting');
    expect(here.approvals).toMatchObject([
      {
        kind: 'improvement',
        state: 'open',
        rule: 'evolution.apply',
        detail: { proposal: here.made.id, after: here.made.after, grounds: here.made.grounds },
      },
    ]);
    await here.evolution.propose();
    expect(here.approvals).toHaveLength(1);
    await here.policy.decide(here.approvals[0]!.id, { state: 'approved', by: 'key:ada' });
    await until(async () => expect(await here.state()).toMatchObject({ state: 'measuring' }));
    expect(here.registry.resolve('a/find').description).toContain('Reliable');
  });

  test('is never applied when a person denies it, nor proposed again', async () => {
    const here = await open(ALLOW);
    await here.policy.decide(here.approvals[0]!.id, { state: 'denied', by: 'key:ada', comment: 'no' });
    await until(async () =>
      expect(await here.state()).toMatchObject({ state: 'denied', why: 'denied by key:ada: no' }),
    );
    expect(await here.evolution.propose()).toEqual([]);
    await expect(here.evolution.apply(here.made.id)).rejects.toMatchObject({
      code: 'PROPOSAL_STATE',
      kind: 'conflict',
    });
  });

  test('is applied at once where the option and the rules allow it', async () => {
    const here = await open(ALLOW, { apply: 'auto' });
    expect(here.made).toMatchObject({ state: 'measuring', baseline: { uses: 100, successes: 90 } });
    expect(here.registry.resolve('a/find').description).toBe(here.made.after);
  });

  test('waits where a rule asks, whatever the option', async () => {
    const here = await open(
      '[{ tool: "*", verdict: allow }, { name: careful, tool: "evolution.apply/*", verdict: ask }]',
      {
        apply: 'auto',
      },
    );
    expect(here.made.state).toBe('waiting');
    expect(here.approvals).toMatchObject([{ rule: 'careful' }]);
    expect(await here.evolution.apply(here.made.id)).toMatchObject({ state: 'measuring' });
  });

  test('may not be applied by hand where a rule denies it: the rule is named', async () => {
    const rule = '{ name: hands off, tool: "evolution.apply/description", args: { subject: "a/*" }, verdict: deny }';
    const here = await open(`[{ tool: "*", verdict: allow }, ${rule}]`, { apply: 'auto' });
    expect(here.made.state).toBe('waiting');
    await expect(here.evolution.apply(here.made.id)).rejects.toMatchObject({
      code: 'PROPOSAL_DENIED',
      kind: 'forbidden',
      data: { rule: 'hands off' },
    });
  });

  test('is only shown where the option is never', async () => {
    const here = await open(ALLOW, { apply: 'never' });
    expect(here.approvals).toEqual([]);
    await expect(here.evolution.apply(here.made.id)).rejects.toMatchObject({
      code: 'PROPOSAL_DENIED',
      data: { rule: 'evolution.apply' },
    });
  });
});

test('by hand: what is unknown or ended is refused, and a kept change can still be taken back', async () => {
  const here = await open(ALLOW);
  const { id } = here.made;
  await expect(here.evolution.apply('nothing')).rejects.toMatchObject({ code: 'PROPOSAL_UNKNOWN', alternatives: [id] });
  await here.evolution.apply(id);
  await expect(here.evolution.apply(id)).rejects.toMatchObject({ code: 'PROPOSAL_STATE' });
  expect(await here.evolution.revert(id, 'I know better')).toMatchObject({ state: 'reverted', why: 'I know better' });
  expect(here.registry.resolve('a/find').description).toBeUndefined();
  await expect(here.evolution.revert(id, 'again')).rejects.toMatchObject({ code: 'PROPOSAL_STATE' });
});
