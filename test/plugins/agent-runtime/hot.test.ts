import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { type OpenedAgent, openAgent } from './open-agent.ts';
import { ScriptedLlm } from './scripted-llm.ts';
import { ScriptedPlane } from './scripted-plane.ts';

let agent: OpenedAgent | undefined;
afterEach(async () => {
  await agent?.close();
  agent = undefined;
});

describe('while runs go on', () => {
  test('1,000 tools come, change and go under 20 runs: no old schema is sent, no call is lost', async () => {
    const RUNS = 20;
    const STEPS = 40;
    const plane = new ScriptedPlane();
    const versionOf = (name: string): number => Number(plane.view.tools.get(name)?.description.split(' ').at(-1) ?? -1);
    const put = (name: string, version: number): void =>
      void plane.add(name, () => ({ text: `${name} ${version}` }), { description: `version ${version}` });
    put('t__steady', 0);
    let stale = 0;
    const llm = new ScriptedLlm(async ({ tools, messages }) => {
      for (const { name, description } of tools)
        if (name.startsWith('t__') && description !== `version ${versionOf(name)}`) stale++;
      await new Promise((resolve) => setImmediate(resolve));
      const turn = messages.filter(({ role }) => role === 'assistant').length;
      const offered = tools.filter(({ name }) => name.startsWith('t__'));
      const chosen = offered[(turn * 7) % offered.length]!.name;
      const calls = [chosen, 't__steady'].map((name) => ({ name, args: { turn } }));
      return turn < STEPS ? { calls } : { text: 'done' };
    });
    agent = await openAgent(llm, plane, {
      config: { budget: { steps: 100 }, guard: { off: ['no_progress'] }, maxTools: 64 },
    });
    const versions: number[] = [];
    plane.onChange(({ version }) => versions.push(version));
    let isOver = false;
    const changing = (async () => {
      for (let n = 0; n < 1_000 || !isOver; n++) {
        put(`t__tool${n % 50}`, n);
        if (n % 3 === 0) plane.remove(`t__tool${(n + 25) % 50}`);
        if (n % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    const runs = await Promise.all(Array.from({ length: RUNS }, (_, n) => agent!.run(`run ${n}`)));
    isOver = true;
    await changing;
    for (const run of runs) expect(run).toMatchObject({ stop: { kind: 'done' }, steps: STEPS + 1 });
    expect(stale).toBe(0);
    expect(versions).toEqual(versions.toSorted((a, b) => a - b));
    for (const { run } of runs.slice(0, 3)) {
      const { records } = await agent.trajectory(run);
      const calls = records.filter(({ kind, phase }) => kind === 'tool_execution' && phase === 'ended');
      expect(calls.length).toBe(STEPS * 2);
      expect(calls.filter(({ input }) => input?.tool === 't__steady').every(({ success }) => success)).toBe(true);
    }
  }, 60_000);

  test('another word in compress counts from the next step on', async () => {
    const long = Array.from({ length: 400 }, (_, n) => `line ${n} of an output that fills the window`).join('\n');
    let n = 0;
    const plane = new ScriptedPlane().add('t__read', () => ({ text: `${n} ${long}` }));
    const compressed: string[] = [];
    let edited = 0;
    const llm = new ScriptedLlm(async (request, at) => {
      n = at;
      if (at === 25) {
        const file = agent!.kernel.file;
        writeFileSync(file, readFileSync(file, 'utf8').replace('"prune"', '"truncate"'));
        await expect
          .poll(() => agent!.kernel.status().plugins.find(({ id }) => id === 'context')?.generation, {
            timeout: 10_000,
          })
          .toBe(2);
        edited = compressed.length;
      }
      const usage = { input: Math.ceil(JSON.stringify(request.messages).length / 4), output: 10 };
      return at < 50 ? { calls: [{ name: 't__read', args: { at } }], usage } : { text: 'read', usage };
    });
    agent = await openAgent(llm, plane, {
      config: { budget: { steps: 100 }, guard: { off: ['no_progress', 'compaction_loop'] } },
      plugins: { context: { compress: ['prune'], windowTokens: 40_000, answerTokens: 2_000 } },
      watch: true,
    });
    await agent.kernel.watching();
    const result = await agent.run('read on', {
      onEvent: (event) => event.type === 'compressed' && compressed.push(event.strategy),
    });
    expect(result.stop.kind).toBe('done');
    expect(edited).toBeGreaterThan(0);
    expect(new Set(compressed.slice(0, edited))).toEqual(new Set(['prune']));
    expect(new Set(compressed.slice(edited))).toEqual(new Set(['truncate']));
  }, 60_000);
});
