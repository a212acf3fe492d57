import fc from 'fast-check';
import { expect, test } from 'vitest';
import { atLeast } from '#plugins/trajectory-archive/api';
import type { ImportedRun, RunMessage } from '#plugins/trajectory-formats/api';
import { arrived, madeRun } from './made-runs.ts';
import { allHeads, onBothDatabases } from './open-archive.ts';

/** A run that calls these tools; `!` marks a call that fails, `?` one that gets no answer. */
function calling(name: string, tools: readonly string[], said: Partial<ImportedRun> = {}): ImportedRun {
  const messages = tools.flatMap((marked, at): RunMessage[] => {
    const tool = marked.replace(/[!?]/, '');
    const [server, ...rest] = tool.split('/');
    const call = {
      id: `c${at}`,
      tool: rest.length > 0 ? { server: server!, name: rest.join('/') } : { name: tool },
      args: {},
    };
    const asked: RunMessage = { role: 'assistant', text: '', calls: [call] };
    if (marked.endsWith('?')) return [asked];
    return [asked, { role: 'tool', text: 'x', answers: call.id, ...(marked.endsWith('!') && { error: true }) }];
  });
  return madeRun(name, { ...said, messages });
}

onBothDatabases('what tools did', ({ open, renew, closeAll, on, dialect }) => {
  on('is counted by tool and scenario, the surest first', async () => {
    const { archive } = await open();
    const often = Array.from({ length: 100 }, (_, at) => calling(`often ${at}`, [at < 5 ? 'often!' : 'often']));
    const runs = [
      ...often,
      calling('once', ['once']),
      calling('a', ['find', 'book!', 'book'], { task: 'airline/1' }),
      calling('b', ['find', 'book?'], { task: 'airline/2', outcome: { success: false } }),
      calling('c', ['maps/find', 'maps/find'], { task: 'https://example.com/x', outcome: { success: null } }),
      calling('d', ['ls'], { format: 'swe-agent', task: 'ctf__crypto__eps' }),
      calling('e', []),
    ];
    await archive.add(runs.map((run) => arrived(run)));
    const found = await archive.statistics();
    const figures = found.map((e) => [e.tool, e.scenario, e.calls, e.successes, e.runs, e.runSuccesses, e.runFailures]);
    expect(figures.map((each) => each.join(' '))).toEqual([
      'often openai-messages 100 95 100 100 0',
      'find airline 2 2 2 1 1',
      'maps/find maps 2 2 1 0 0',
      'ls swe-agent 1 1 1 1 0',
      'once openai-messages 1 1 1 1 0',
      'book airline 3 1 2 1 1',
    ]);
    const bound = (tool: string) => found.find((each) => each.tool === tool)!.lowerBound;
    expect(bound('often')).toBeCloseTo(0.8882, 3);
    expect(bound('once')).toBeCloseTo(0.2065, 3);
    expect(found.map(({ lowerBound }) => lowerBound)).toEqual(
      found.map(({ lowerBound }) => lowerBound).sort((a, b) => b - a),
    );
    expect(await archive.statistics({ tool: 'find' })).toMatchObject([{ scenario: 'airline' }]);
    expect(await archive.statistics({ scenario: 'airline', tool: 'book' })).toMatchObject([{ calls: 3 }]);
    expect(await archive.statistics({ scenario: 'nowhere' })).toEqual([]);
  });

  on('leaves out demonstrations and calls that only look for tools; ids that come twice are told apart', async () => {
    const { archive } = await open();
    const call = (name: string, lookup = false) => ({
      id: 'same',
      tool: { name },
      args: {},
      ...(lookup && { lookup }),
    });
    const run = madeRun('a', {
      messages: [
        { role: 'assistant', text: '', calls: [call('shown')], demo: true },
        { role: 'tool', text: '', answers: 'same', demo: true },
        { role: 'assistant', text: '', calls: [call('route', true)] },
        { role: 'tool', text: '', answers: 'same' },
        { role: 'assistant', text: '', calls: [call('first')] },
        { role: 'tool', text: '', answers: 'same', error: true },
        { role: 'assistant', text: '', calls: [call('second')] },
        { role: 'tool', text: '', answers: 'same' },
        { role: 'tool', text: '', answers: 'nobody asked' },
      ],
    });
    await archive.add([arrived(run)]);
    expect((await archive.statistics()).map(({ tool, calls, successes }) => [tool, calls, successes])).toEqual([
      ['second', 1, 1],
      ['first', 1, 0],
    ]);
    expect((await archive.head(run.id))?.toolSequence).toEqual(['first', 'second']);
  });

  on('names of any length and kind are counted', async () => {
    const { archive } = await open();
    const name = `${Array.from({ length: 2_000 }, (_, at) => at).join('')}\0\ud800`;
    await archive.add([arrived(calling(name, [name], { license: name, format: name, task: `${name}/1` }))]);
    expect(await archive.statistics()).toMatchObject([{ calls: 1, successes: 1 }]);
  });

  on('chains of tools are found within runs', async () => {
    const { archive } = await open({ pageRuns: 2 });
    await archive.add([
      arrived(calling('a', ['x', 'y', 'x', 'y'])),
      arrived(calling('b', ['x', 'y'], { outcome: { success: false } })),
      arrived(calling('c', ['y', 'x'], { outcome: { success: null } })),
      arrived(calling('d', ['x'])),
    ]);
    expect(await archive.sequences(2, 9)).toEqual([
      { tools: ['x', 'y'], count: 3, runs: 2, runSuccesses: 1, runFailures: 1 },
      { tools: ['y', 'x'], count: 2, runs: 2, runSuccesses: 1, runFailures: 0 },
    ]);
    expect(await archive.sequences(2, 1)).toHaveLength(1);
    expect(await archive.sequences(1, 1)).toMatchObject([{ tools: ['x'], count: 5, runs: 4 }]);
    expect(await archive.sequences(5, 9)).toEqual([]);
    await expect(archive.sequences(0, 9)).rejects.toMatchObject({ kind: 'invalid' });
  });

  on('are the same as a full count, in whatever order runs come, grow and go', { timeout: 120_000 }, async () => {
    const tools = fc.array(fc.constantFrom('a', 'b', 'b!', 'srv/c', 'srv/c?'), { maxLength: 4 });
    const aRun = fc.record({
      name: fc.integer({ min: 0, max: 3 }),
      tools,
      success: fc.constantFrom(true, false, null),
      task: fc.constantFrom('air/1', 'rail/2', undefined),
      session: fc.constantFrom('s1', 's2', undefined, undefined),
      format: fc.constantFrom('f1', 'f2'),
      text: fc.constantFrom('short', 'long '.repeat(300), 'other '.repeat(300)),
    });
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.array(aRun, { minLength: 1, maxLength: 6 }).map((add) => ({ add })) },
      { weight: 2, arbitrary: fc.nat().map((erase) => ({ erase })) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
        await renew();
        const { archive, storage } = await open();
        for (const each of steps) {
          if ('add' in each)
            await archive.add(
              each.add.map(({ name, tools, success, task, session, format, text }) =>
                arrived(
                  calling(`${name}`, tools, {
                    format,
                    request: text,
                    outcome: { success },
                    ...(task !== undefined && { task }),
                    ...(session !== undefined && { session }),
                  }),
                ),
              ),
            );
          else {
            const heads = await archive.heads(0);
            const head = heads[each.erase % Math.max(1, heads.length)];
            if (head) await archive.erase(head.id);
          }
        }
        const heads = await allHeads(archive);
        const runs = await archive.many(heads.map(({ id }) => id));
        const erased = await archive.erased(0);
        const sessions = runs.flatMap(({ session, format }) => (session === undefined ? [] : `${format} ${session}`));
        expect(new Set(sessions).size).toBe(sessions.length);
        // What is there now, added to an archive that has seen nothing else.
        const totals = await archive.totals();
        const counted = { statistics: await archive.statistics(), sequences: await archive.sequences(2, 99) };
        const bodies = await storage.all<{ texts: Uint8Array; data: Uint8Array }>(
          'SELECT texts, data FROM archive_bodies',
        );
        const kept = await storage.all<{ hash: Uint8Array; refs: number; data: Uint8Array }>(
          'SELECT * FROM archive_texts',
        );
        const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
        const named = bodies.flatMap(({ texts }) => hex(texts).match(/.{32}/g) ?? []);
        expect(new Map(kept.map(({ hash, refs }) => [hex(hash), refs]))).toEqual(
          new Map(named.map((hash) => [hash, named.filter((each) => each === hash).length])),
        );
        expect(totals.storedBytes).toBe([...bodies, ...kept].reduce((sum, { data }) => sum + data.length, 0));
        const files = new Map(heads.map(({ id, file }) => [id, file]));
        await renew();
        const fresh = await open();
        await fresh.archive.add(runs.map((run) => arrived(run, files.get(run.id))));
        expect(counted).toEqual({
          statistics: await fresh.archive.statistics(),
          sequences: await fresh.archive.sequences(2, 99),
        });
        const { runs: count, rawBytes, byFormat, byLicense } = await fresh.archive.totals();
        expect(totals).toMatchObject({
          runs: count,
          rawBytes,
          byFormat,
          byLicense,
          erased: erased.length,
        });
        await closeAll();
      }),
      { numRuns: dialect === 'sqlite' ? 60 : 12 },
    );
  });
});

test('the bound is between 0 and the share, and grows with what is known', () => {
  fc.assert(
    fc.property(fc.nat(1_000), fc.nat(1_000), (a, b) => {
      const [successes, trials] = a < b ? [a, b] : [b, a];
      const bound = atLeast({ successes: successes, uses: trials });
      expect(bound).toBeGreaterThanOrEqual(0);
      expect(bound).toBeLessThanOrEqual(trials === 0 ? 0 : successes / trials);
      expect(atLeast({ successes: successes * 2, uses: trials * 2 })).toBeGreaterThanOrEqual(bound);
    }),
  );
});
