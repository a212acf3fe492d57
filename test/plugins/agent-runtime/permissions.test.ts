import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Human } from '#plugins/agent-runtime/api';
import { POLICY } from '#plugins/policy/api';
import type { RuledPolicy } from '../../../plugins/policy/policy.ts';
import { type OpenedAgent, openAgent } from './open-agent.ts';
import { type Script, ScriptedLlm } from './scripted-llm.ts';
import { ScriptedPlane } from './scripted-plane.ts';

const RULES = {
  permissions: [
    { name: 'all', tool: '*', verdict: 'allow' },
    {
      name: 'shell is asked',
      tool: 'shell/*',
      verdict: 'ask',
      reason: 'it runs commands',
      timeoutMs: 150,
      onTimeout: 'deny',
    },
    { name: 'no rm', tool: 'shell/*', command: 'rm*', verdict: 'deny', reason: 'nothing is deleted here' },
  ],
};
const script: Script = ({ messages }) => {
  const outputs = messages.flatMap(({ parts }) =>
    parts.flatMap((part) => (part.type === 'tool' ? [String(part.output)] : [])),
  );
  const command = /run: (.*)/.exec(JSON.stringify(messages[0]!.parts).replaceAll('\\"', '"'))![1]!.replace(/"}\]$/, '');
  return outputs.length === 0 ? { calls: [{ name: 'shell__run', args: { command } }] } : { text: outputs[0]! };
};

describe('permissions of a run', () => {
  let dir: string;
  let agent: OpenedAgent;
  let plane: ScriptedPlane;
  const open = async (): Promise<void> => {
    plane = new ScriptedPlane().add('shell__run', ({ command }) => ({ text: `ran ${command}` }));
    agent = await openAgent(new ScriptedLlm(script), plane, {
      dir,
      plugins: { policy: { file: join(dir, 'policy.yaml') } },
    });
  };
  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'agent-permissions-'));
    writeFileSync(join(dir, 'policy.yaml'), JSON.stringify(RULES));
    await open();
  });
  afterEach(async () => {
    await agent.close();
    rmSync(dir, { recursive: true, force: true });
  });
  const human = (said: 'once' | 'always' | 'deny' | undefined): Human => ({
    permit: async () => said,
    answer: async () => undefined,
  });

  test('what a rule denies is not called, and the model is told the rule; wrappers do not help', async () => {
    for (const command of ['rm -rf build', 'sudo env A=1 timeout 5 rm x', "sh -c 'echo a; rm x'"]) {
      const { answer } = await agent.run(`run: ${command}`, { human: human('once') });
      expect(answer).toContain('no rm');
    }
    expect(plane.calls).toEqual([]);
  });

  test('a person at hand decides; nobody in time counts as the rule says', async () => {
    expect((await agent.run('run: ls', { human: human('once') })).answer).toBe('ran ls');
    expect((await agent.run('run: ls', { human: human('deny') })).answer).toContain('did not allow');
    expect((await agent.run('run: ls', { human: human(undefined) })).answer).toContain('did not allow');
    const silent: Human = { permit: () => new Promise(() => {}), answer: async () => undefined };
    expect((await agent.run('run: ls', { human: silent })).answer).toContain('did not allow');
    expect(plane.calls.length).toBe(1);
  });

  test('with nobody here it goes to the approvals, and waits as long as the rule says', async () => {
    const late = await agent.run('run: date');
    expect(late.answer).toContain('did not allow');
    expect(late.events).toContainEqual(expect.objectContaining({ type: 'waiting', for: 'permission' }));
  });

  test('unattended it stops, and goes on once it was approved, also in another process', async () => {
    const stopped = await agent.run('run: whoami', { unattended: 'stop' });
    expect(stopped.stop).toMatchObject({ kind: 'needs_human', code: expect.any(String) });
    await agent.close();
    await open();
    expect((await agent.resume(stopped.run, { unattended: 'stop' })).stop).toEqual(stopped.stop);
    const policy = agent.kernel.get(POLICY) as unknown as RuledPolicy;
    await policy.decide(stopped.stop.code!, { state: 'approved', by: 'key:boss' });
    expect(await agent.resume(stopped.run, { unattended: 'stop' })).toMatchObject({
      stop: { kind: 'done' },
      answer: 'ran whoami',
    });
    expect(plane.calls.length).toBe(1);
  });
});
