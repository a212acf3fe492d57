import { readdirSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { filesBelow, onBothDatabases, openBench, start, thought, used } from './open-trajectory.ts';

onBothDatabases('trajectories', ({ here, open, on }) => {
  on('a run is there as it was recorded, while it goes on, after it, and after a restart', async () => {
    const first = await open();
    const settings = { budget: { steps: 5 }, note: null };
    const run = await first.trajectories.open(start('r-1', { parent: 'r-0', settings }));
    run.step(thought('first'));
    run.step(
      used('files/read', true, { llm: { model: 'm', inputTokens: 5, outputTokens: 6, prompt: 'p'.repeat(5_000) } }),
    );
    expect(run.steps).toBe(2);
    const running = await first.trajectories.get('r-1');
    expect(running).toMatchObject({ ...start('r-1'), parent: 'r-0', settings, state: 'running', steps: 2 });
    const end = {
      reason: 'done',
      success: true,
      answer: 'A'.repeat(3_000),
      at: 5,
      usage: { inputTokens: 5, outputTokens: 6 },
    };
    await run.finish(end);
    const records = [
      { ...thought('first'), index: 1 },
      {
        ...used('files/read', true, {
          llm: { model: 'm', inputTokens: 5, outputTokens: 6, prompt: 'p'.repeat(5_000) },
        }),
        index: 2,
      },
    ];
    const whole = { ...start('r-1', { parent: 'r-0', settings }), state: 'ended', steps: 2, end, records };
    expect(await first.trajectories.get('r-1')).toEqual(whole);
    await first.close();
    const second = await open();
    expect(await second.trajectories.get('r-1')).toEqual(whole);
    const { records: _, ...summary } = whole;
    expect(await second.trajectories.list()).toEqual([summary]);
    expect(second.lines).toEqual([]);
  });

  on('an id is taken once, also by two at the same moment', async () => {
    const [one, other] = [await open(), await open()];
    const answers = await Promise.allSettled(
      [one, other, one].map(({ trajectories }) => trajectories.open(start('same'))),
    );
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const answer of answers)
      if (answer.status === 'rejected')
        expect(answer.reason).toMatchObject({ code: 'TRAJECTORY_TAKEN', kind: 'conflict' });
  });

  on('what is left open is interrupted, and goes on with the next number, by one alone', async () => {
    const first = await open();
    const run = await first.trajectories.open(start('r-1'));
    run.step({ kind: 'scenario_identification', turn: 1, at: 1, output: { identified_scenario: 'travel' } });
    run.step(used('a', true));
    expect(await first.trajectories.list({ state: 'running' })).toHaveLength(1);
    await expect(first.trajectories.resume('r-1')).rejects.toMatchObject({ code: 'TRAJECTORY_BUSY' });
    await first.close();
    const [second, third] = [await open(), await open()];
    expect(await second.trajectories.list({ state: 'interrupted' })).toMatchObject([{ id: 'r-1', steps: 2 }]);
    expect(await second.trajectories.list({ state: 'running' })).toEqual([]);
    const answers = await Promise.allSettled([second, third].map(({ trajectories }) => trajectories.resume('r-1')));
    const again = answers.find((answer) => answer.status === 'fulfilled')!.value;
    expect(answers.find((answer) => answer.status === 'rejected')!.reason).toMatchObject({ code: 'TRAJECTORY_BUSY' });
    expect(again.steps).toBe(2);
    again.step(used('a', false));
    await again.finish({ reason: 'done', at: 9 });
    const whole = await third.trajectories.get('r-1');
    expect(whole).toMatchObject({ state: 'ended', steps: 3, end: { reason: 'done' } });
    expect(whole.records.map(({ index }) => index)).toEqual([1, 2, 3]);
    // The scenario is still known.
    expect(await third.trajectories.statistics()).toMatchObject([
      { tool: 'a', scenario: 'travel', calls: 2, successes: 1 },
    ]);
    await expect(third.trajectories.resume('r-1')).rejects.toMatchObject({ code: 'TRAJECTORY_CLOSED' });
  });

  on('a run that was suspended is resumed in the same process', async () => {
    const { trajectories } = await open();
    const run = await trajectories.open(start('r-1'));
    run.step(thought('a'));
    await run.suspend();
    expect(await trajectories.list()).toMatchObject([{ state: 'interrupted', steps: 1 }]);
    const again = await trajectories.resume('r-1');
    again.step(thought('b'));
    await again.settled();
    expect((await trajectories.get('r-1')).records.map(({ output }) => output)).toEqual(['a', 'b']);
  });

  on('uses are counted by tool and scenario, once each, over restarts and a lost index', async () => {
    const first = await open();
    const run = await first.trajectories.open(start('r-1'));
    run.step(used('a', true, { phase: 'begun' }));
    run.step(used('a', true, { durationMs: 5, at: 10 }));
    run.step({ kind: 'scenario_identification', turn: 1, at: 1, output: { identified_scenario: 'travel' } });
    run.step(used('a', false, { durationMs: 7.5, at: 30 }));
    run.step(used('a', undefined, { at: 20 }));
    run.step(used('b', true));
    await run.settled();
    const expected = [
      { tool: 'a', scenario: 'travel', calls: 2, successes: 0, totalMs: 17.5, lastUsedAt: 30 },
      { tool: 'a', scenario: 'general', calls: 1, successes: 1, totalMs: 5, lastUsedAt: 10 },
      { tool: 'b', scenario: 'travel', calls: 1, successes: 1, totalMs: 10, lastUsedAt: 1_700_000_000_500 },
    ];
    expect(await first.trajectories.statistics()).toEqual(expected);
    expect(await first.trajectories.statistics({ tool: 'a', scenario: 'general' })).toEqual([expected[1]]);
    await first.close();
    const second = await open();
    expect(await second.trajectories.statistics()).toEqual(expected);
    for (const table of ['files', 'runs', 'run_files', 'tool_uses'])
      await second.storage.run(`DELETE FROM trajectory_${table}`);
    await second.close();
    const third = await open();
    expect(await third.trajectories.statistics()).toEqual(expected);
    expect(await third.trajectories.get('r-1')).toMatchObject({ state: 'interrupted', steps: 6 });
  });

  on('two who write and read the same folder see everything, and count it once', async () => {
    const [one, other] = [await open({ indexDelayMs: 1 }), await open({ indexDelayMs: 1 })];
    const work = async ({ trajectories }: typeof one, name: string) => {
      for (let n = 0; n < 10; n++) {
        const run = await trajectories.open(start(`${name}-${n}`));
        for (let i = 0; i < 20; i++) run.step(used('shared', true));
        await run.settled();
        await (n % 2 === 0 ? one : other).trajectories.statistics();
        await run.finish({ reason: 'done', at: 1 });
      }
    };
    await Promise.all([work(one, 'one'), work(other, 'other')]);
    for (const { trajectories } of [one, other]) {
      expect(await trajectories.statistics()).toMatchObject([{ calls: 400, successes: 400 }]);
      expect(await trajectories.list()).toHaveLength(20);
      expect((await trajectories.get('other-3')).records).toHaveLength(20);
    }
    expect(readdirSync(path.join(here.dir, 'segments'))).toHaveLength(2);
  });
});

describe('the recorder', () => {
  const { here, open } = openBench();

  test('lists the newest first, as many as asked for', async () => {
    const { trajectories } = await open();
    for (const n of [2, 3, 1])
      await (await trajectories.open(start(`r-${n}`, { startedAt: n }))).finish({ reason: 'done', at: 1 });
    expect((await trajectories.list()).map(({ id }) => id)).toEqual(['r-3', 'r-2', 'r-1']);
    expect((await trajectories.list({ limit: 2, state: 'ended' })).map(({ id }) => id)).toEqual(['r-3', 'r-2']);
    expect(await trajectories.list({ state: 'interrupted' })).toEqual([]);
  });

  test('names the nearest runs for one that it does not know', async () => {
    const { trajectories } = await open();
    await trajectories.open(start('flight-12'));
    const refused = { code: 'TRAJECTORY_UNKNOWN', kind: 'not_found', alternatives: ['flight-12'] };
    await expect(trajectories.get('flight-13')).rejects.toMatchObject(refused);
    await expect(trajectories.resume('flight-13')).rejects.toMatchObject(refused);
  });

  test('stores a long text once, also over a restart, and rotates its files', async () => {
    const system = `You are an agent. ${'Rules and more rules. '.repeat(2_000)}`;
    for (let process = 0; process < 3; process++) {
      const { trajectories, close } = await open();
      const run = await trajectories.open(start(`r-${process}`, { settings: { system } }));
      for (let n = 0; n < 5; n++)
        run.step({ kind: 'message', turn: n, at: 1, output: { parts: [{ type: 'text', text: system }] } });
      await run.finish({ reason: 'done', at: 1 });
      expect((await trajectories.get(`r-${process}`)).records[4]!.output).toEqual({
        parts: [{ type: 'text', text: system }],
      });
      await close();
    }
    const bytes = filesBelow(here.dir).reduce((all, file) => all + file.bytes.length, 0);
    expect(bytes).toBeGreaterThan(system.length);
    expect(bytes).toBeLessThan(system.length + 10_000);
  });

  test('goes on in new files where one is full', async () => {
    const { trajectories } = await open({ segmentMb: 1 });
    const run = await trajectories.open(start('r-1'));
    const text = (n: number) => `${n} ${'é'.repeat(200_000)}`;
    for (let n = 0; n < 12; n++) {
      // Short strings stay in the segment.
      run.step({
        kind: 'state',
        turn: 1,
        at: 1,
        input: { n, many: Array.from({ length: 3_000 }, (_, i) => `${n} ${i} ${'x'.repeat(90)}`) },
      });
      run.step(thought(text(n)));
      await run.settled();
    }
    expect(readdirSync(path.join(here.dir, 'segments')).length).toBeGreaterThan(2);
    expect(readdirSync(path.join(here.dir, 'packs')).filter((name) => name.endsWith('.pack')).length).toBeGreaterThan(
      2,
    );
    const { records } = await trajectories.get('r-1');
    expect(records.filter(({ kind }) => kind === 'thought').map(({ output }) => output)).toEqual(
      Array.from({ length: 12 }, (_, n) => text(n)),
    );
  });

  test('leaves a torn last line out, says so, and reads everything else', async () => {
    const first = await open();
    const run = await first.trajectories.open(start('r-1'));
    for (let n = 0; n < 3; n++) run.step(thought(`n${n}`));
    await run.settled();
    const [segment] = readdirSync(path.join(here.dir, 'segments'));
    const file = path.join(here.dir, 'segments', segment!);
    const { size } = statSync(file);
    await first.close();
    truncateSync(file, size - 5);
    rmSync(here.data, { recursive: true });
    const second = await open();
    expect(await second.trajectories.get('r-1')).toMatchObject({ state: 'interrupted', steps: 2 });
    expect(second.lines).toMatchObject([{ level: 'warn', sentence: 'a last line was cut off and is left out' }]);
    expect(second.health()).toMatchObject({ ok: true, detail: { torn: 1 } });
    const again = await second.trajectories.resume('r-1');
    again.step(thought('again'));
    await again.finish({ reason: 'done', at: 1 });
    expect((await second.trajectories.get('r-1')).records.map(({ output, index }) => [index, output])).toEqual([
      [1, 'n0'],
      [2, 'n1'],
      [3, 'again'],
    ]);
  });

  test('loses a damaged line and a damaged text alone', async () => {
    const first = await open();
    const run = await first.trajectories.open(start('r-1'));
    run.step(thought('one'));
    run.step(thought('two'));
    run.step(thought('T'.repeat(2_000)));
    run.step(thought('U'.repeat(2_000)));
    await run.finish({ reason: 'done', at: 1 });
    await first.close();
    for (const { name, bytes } of filesBelow(here.dir)) {
      if (name.endsWith('.jsonl')) bytes.write('#', bytes.indexOf('"two"'));
      else if (name.endsWith('.pack')) bytes.write('#', bytes.indexOf('UUU'));
      else continue;
      writeFileSync(path.join(here.dir, name), bytes);
    }
    rmSync(here.data, { recursive: true });
    const second = await open();
    const { records } = await second.trajectories.get('r-1');
    expect(records.map(({ index }) => index)).toEqual([1, 3, 4]);
    expect(records[1]!.output).toBe('T'.repeat(2_000));
    expect(records[2]!.output).toMatch(/^\[text lost: 2000 bytes, sha256 /);
    expect(second.lines.map(({ sentence }) => sentence)).toEqual([
      'a line cannot be read and is left out',
      'a stored text is lost',
    ]);
  });

  test.each([
    ['its task', { task: 'T'.repeat(2_000) }, []],
    ['a message', {}, [{ kind: 'message', turn: 1, at: 1, output: { parts: [{ text: 'M'.repeat(2_000) }] } }]],
    ['a tool result', {}, [used('a', true, { output: { text: 'R'.repeat(2_000) } })]],
  ] as const)('does not go on with a run that lost %s, and shows what is left', async (_, more, steps) => {
    const first = await open();
    const run = await first.trajectories.open(start('r-1', more));
    for (const step of steps) run.step(step);
    run.step(thought('a thought'));
    await first.close();
    for (const { name } of filesBelow(here.dir)) if (name.endsWith('.pack')) rmSync(path.join(here.dir, name));
    const { trajectories } = await open();
    await expect(trajectories.resume('r-1')).rejects.toMatchObject({ code: 'TRAJECTORY_DAMAGED' });
    expect(await trajectories.get('r-1')).toMatchObject({ state: 'interrupted', steps: steps.length + 1 });
    expect(JSON.stringify(await trajectories.get('r-1'))).toContain('[text lost: 2000 bytes');
  });

  test('goes on with a run that lost no more than a thought', async () => {
    const first = await open();
    const run = await first.trajectories.open(start('r-1'));
    run.step(thought('U'.repeat(2_000)));
    await first.close();
    for (const { name } of filesBelow(here.dir)) if (name.endsWith('.pack')) rmSync(path.join(here.dir, name));
    expect((await (await open()).trajectories.resume('r-1')).steps).toBe(1);
  });

  test('names its folder, also where that was moved, and runs by any text', async () => {
    const [first, second] = [await open(), await open()];
    const { place } = first.trajectories;
    expect(second.trajectories.place).toBe(place);
    expect((await open({ dir: `${here.dir}-other` })).trajectories.place).not.toBe(place);
    const id = 'parent~0a1b2c3d';
    await (await first.trajectories.open(start(id))).suspend();
    await first.close();
    await second.close();
    renameSync(here.dir, `${here.dir}-moved`);
    const { trajectories } = await open({ dir: `${here.dir}-moved` });
    expect(trajectories.place).toBe(place);
    expect((await trajectories.resume(id)).id).toBe(id);
  });

  test('takes no step after the end, and says so instead of throwing', async () => {
    const { trajectories, lines } = await open();
    const run = await trajectories.open(start('r-1'));
    await run.finish({ reason: 'done', at: 1 });
    await run.finish({ reason: 'again', at: 2 });
    run.step(thought('late'));
    await expect(run.settled()).rejects.toMatchObject({ code: 'TRAJECTORY_CLOSED' });
    expect(await trajectories.get('r-1')).toMatchObject({ steps: 0, end: { reason: 'done' } });
    expect(lines).toMatchObject([{ level: 'warn', sentence: 'a step is not recorded' }]);
  });

  test('takes what is no plain data, as far as it goes', async () => {
    const { trajectories } = await open();
    const run = await trajectories.open(start('r-1'));
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    run.step({ kind: 'state', turn: 1, at: 1, input: circle });
    run.step({ kind: 'state', turn: 1, at: Number.NaN, input: { big: 5n, when: 5 } });
    run.step({ kind: 'state', turn: 1, at: 1, input: { when: new Date(0), nothing: undefined, none: Number.NaN } });
    await run.finish({ reason: 'done', at: 1 });
    const { records } = await trajectories.get('r-1');
    expect(records).toMatchObject([
      { index: 1, turn: 1, unrecorded: expect.any(String) },
      { index: 2, unrecorded: 'a BigInt is no JSON' },
      { index: 3, input: { when: '1970-01-01T00:00:00.000Z', none: null } },
    ]);
  });

  test('breaks a run off where more waits than it may, without dropping a step in silence', async () => {
    const { trajectories, lines } = await open({ maxWaitingMb: 1 });
    const [run, other] = [await trajectories.open(start('r-1')), await trajectories.open(start('r-2'))];
    for (let n = 0; n < 20; n++) run.step(thought(`${n}`.repeat(100_000)));
    other.step(thought('small'));
    await expect(run.settled()).rejects.toMatchObject({ code: 'TRAJECTORY_NOT_SAVED', kind: 'unavailable' });
    await other.settled();
    expect(lines).toHaveLength(1);
    const { state, steps } = await trajectories.get('r-1');
    expect(state).toBe('interrupted');
    expect(steps).toBe(run.steps);
    expect((await trajectories.resume('r-1')).steps).toBe(steps);
  });

  test('a swap suspends the runs of the old generation, and the new one resumes them', async () => {
    const [old, next] = [await open(), await open()];
    const run = await old.trajectories.open(start('r-1'));
    run.step(thought('old'));
    await old.close();
    run.step(thought('too late'));
    await expect(run.settled()).rejects.toMatchObject({ code: 'TRAJECTORY_NOT_SAVED' });
    const again = await next.trajectories.resume('r-1');
    again.step(thought('new'));
    await again.settled();
    expect((await next.trajectories.get('r-1')).records.map(({ output }) => output)).toEqual(['old', 'new']);
  });

  test('keeps its files to its owner', async () => {
    const { trajectories } = await open();
    const run = await trajectories.open(start('r-1'));
    run.step(thought('x'.repeat(2_000)));
    await run.settled();
    for (const { name } of filesBelow(here.dir))
      expect([name, statSync(path.join(here.dir, name)).mode & 0o077]).toEqual([name, 0]);
  });
});
