import fc from 'fast-check';
import { expect } from 'vitest';
import type { RunMessage } from '#plugins/trajectory-formats/api';
import { arrived, hex, madeRun } from './made-runs.ts';
import { allHeads, onBothDatabases } from './open-archive.ts';

const LONG = 'You are a careful agent. '.repeat(200);
const user = (text: string): RunMessage => ({ role: 'user', text });
const texts = 'SELECT COUNT(*) AS texts, COALESCE(SUM(refs), 0) AS refs FROM archive_texts';

onBothDatabases('the archive', ({ open, on }) => {
  on('keeps a run whole and once', async () => {
    const { archive } = await open();
    const run = madeRun('a', { task: 'airline/3', agent: 'agent', model: 'model', license: 'MIT', startedAt: 5 });
    expect(await archive.add([arrived(run), arrived(madeRun('b')), arrived(run, 'other.json')])).toEqual([
      { id: run.id, outcome: 'added' },
      { id: madeRun('b').id, outcome: 'added' },
      { id: run.id, outcome: 'duplicate' },
    ]);
    expect(await archive.add([arrived(run)])).toEqual([{ id: run.id, outcome: 'duplicate' }]);
    expect(await archive.get(run.id)).toEqual(run);
    expect(await archive.many([madeRun('b').id, hex('nobody'), run.id])).toEqual([madeRun('b'), run]);
    expect(await archive.head(run.id)).toEqual({
      seq: expect.any(Number),
      id: run.id,
      key: 'a',
      format: 'openai-messages',
      file: 'runs.jsonl',
      task: 'airline/3',
      agent: 'agent',
      model: 'model',
      license: 'MIT',
      outcome: { success: true },
      toolSequence: ['look_up'],
      steps: 1,
      messages: 4,
      addedAt: expect.any(Number),
    });
    expect(await archive.head(hex('nobody'))).toBeUndefined();
    expect(await archive.totals()).toMatchObject({ runs: 2, duplicates: 2, byFormat: { 'openai-messages': 2 } });
    expect((await archive.totals()).byLicense).toEqual({ MIT: 1, unknown: 1 });
  });

  on('gives numbers in the order given, and pages of them', async () => {
    const { archive } = await open({ batchRuns: 7 });
    const runs = Array.from({ length: 50 }, (_, at) => madeRun(`run ${at}`));
    const [first, second] = [runs.slice(0, 20), runs.slice(20)];
    await Promise.all([archive.add(first.map((run) => arrived(run))), archive.add(second.map((run) => arrived(run)))]);
    const heads = await allHeads(archive, 7);
    const orderOf = (some: typeof runs) =>
      heads.map(({ key }) => key).filter((key) => some.some((run) => run.key === key));
    expect(orderOf(first)).toEqual(first.map(({ key }) => key));
    expect(orderOf(second)).toEqual(second.map(({ key }) => key));
    expect(heads).toHaveLength(50);
    expect(heads.every(({ seq }, at) => at === 0 || seq > heads[at - 1]!.seq)).toBe(true);
  });

  on('keeps a long text once for all runs that have it, until the last of them is erased', async () => {
    const { archive, storage } = await open();
    const runs = ['a', 'b', 'c'].map((name) =>
      madeRun(name, {
        messages: [{ role: 'system', text: LONG }, user(name), user(LONG), { role: 'user', text: '', reasoning: LONG }],
      }),
    );
    await archive.add(runs.map((run) => arrived(run)));
    expect(await storage.get(texts)).toEqual({ texts: 1, refs: 3 });
    expect(await archive.many(runs.map(({ id }) => id))).toEqual(runs);
    await archive.erase(runs[0]!.id);
    expect(await storage.get(texts)).toEqual({ texts: 1, refs: 2 });
    await archive.erase(runs[1]!.id);
    expect(await archive.get(runs[2]!.id)).toEqual(runs[2]);
    await archive.erase(runs[2]!.id);
    expect(await storage.get(texts)).toEqual({ texts: 0, refs: 0 });
    expect(await storage.all('SELECT seq FROM archive_bodies')).toEqual([]);
    expect(await archive.totals()).toMatchObject({ runs: 0, erased: 3, rawBytes: 0, storedBytes: 0 });
  });

  on('gives back any plain JSON as it was', async () => {
    const { archive } = await open({ textMinBytes: 64 });
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 90 }).map((units) => String.fromCharCode(...units)),
    );
    const json = fc
      .dictionary(text, fc.jsonValue({ maxDepth: 3 }), { maxKeys: 8 })
      .map((value) => JSON.parse(JSON.stringify(value)));
    let count = 0;
    await fc.assert(
      fc.asyncProperty(text, text, json, fc.option(text, { nil: undefined }), async (said, name, args, reasoning) => {
        const run = madeRun(`any ${count++}`, {
          key: name,
          task: name,
          request: said,
          outcome: { success: null, answer: said, evidence: name },
          reference: args,
          toolDefinitions: [{ name, description: said, inputSchema: args }],
          messages: [
            {
              role: 'assistant',
              text: said,
              calls: [{ id: name, tool: { name, server: name }, args }],
              ...(reasoning !== undefined && { reasoning }),
            },
            { role: 'tool', text: said, answers: name, extra: args },
          ],
        });
        await archive.add([arrived(run, name)]);
        expect(await archive.get(run.id)).toEqual(JSON.parse(JSON.stringify(run)));
      }),
      {
        numRuns: 60,
        examples: [[`${'x'.repeat(80)}\ud800`, '\0', JSON.parse('{"__proto__": {"a": 1}}') as object, '\0'.repeat(99)]],
      },
    );
    expect((await allHeads(archive)).length).toBe(count);
  });

  on('takes a run of megabytes', async () => {
    const { archive } = await open();
    const messages = Array.from({ length: 40 }, (_, at) => user(`${at} `.repeat(200_000)));
    const run = madeRun('large', { messages });
    await archive.add([arrived(run), arrived(madeRun('small'))]);
    expect((await archive.get(run.id)).messages).toEqual(messages);
  });

  on('what is erased is told, and does not come back', async () => {
    const { archive, told } = await open();
    const [run, other] = [madeRun('a'), madeRun('b')];
    await archive.add([arrived(run), arrived(other)]);
    const seq = (await archive.head(other.id))!.seq;
    await archive.erase(run.id, 'asked for');
    const erased = { id: run.id, seq: expect.any(Number), why: 'asked for', at: expect.any(Number) };
    expect(told).toEqual([erased]);
    expect(await archive.erased(0)).toEqual([erased]);
    expect(told[0]!.seq).toBeGreaterThan(seq);
    expect(await archive.erased(told[0]!.seq)).toEqual([]);
    const unknown = { code: 'TRAJECTORY_UNKNOWN', kind: 'not_found', data: { erased } };
    await expect(archive.get(run.id)).rejects.toMatchObject(unknown);
    await expect(archive.erase(run.id)).rejects.toMatchObject(unknown);
    expect(archive.knows(arrived(run).bytesHash)).toBe(true);
    expect(await archive.add([arrived(run, 'elsewhere')])).toEqual([
      { id: run.id, outcome: 'duplicate', erased: true },
    ]);
    expect(await allHeads(archive)).toMatchObject([{ id: other.id }]);
  });

  on('an unknown id is told with those like it', async () => {
    const { archive } = await open();
    const { id } = madeRun('a');
    await archive.add([arrived(madeRun('a'))]);
    const refusal = { code: 'TRAJECTORY_UNKNOWN', kind: 'not_found', alternatives: [id], data: {} };
    await expect(archive.get(id.slice(0, 6))).rejects.toMatchObject(refusal);
    await expect(archive.erase(`${id.slice(0, 30)}zz`)).rejects.toMatchObject(refusal);
    await expect(archive.get('')).rejects.toMatchObject({ ...refusal, alternatives: [] });
  });

  on('the longest version of a growing session is the one that is kept', async () => {
    const { archive, told } = await open();
    const version = (length: number, session = 's-1', said = 'step') =>
      madeRun(`${session} ${length} ${said}`, {
        session,
        messages: Array.from({ length }, (_, at) => user(`${said} ${at}`)),
      });
    const [one, two, three, four] = [1, 2, 3, 4].map((length) => version(length));
    expect(await archive.add([arrived(two!)])).toEqual([{ id: two!.id, outcome: 'added' }]);
    expect(await archive.add([arrived(one!), arrived(three!), arrived(four!), arrived(version(1, 's-2'))])).toEqual([
      { id: one!.id, outcome: 'duplicate' },
      { id: three!.id, outcome: 'replaced', replaces: two!.id },
      { id: four!.id, outcome: 'replaced', replaces: three!.id },
      { id: version(1, 's-2').id, outcome: 'added' },
    ]);
    expect(await allHeads(archive)).toMatchObject([{ id: four!.id }, { id: version(1, 's-2').id }]);
    expect(told.map(({ id, why }) => [id, why])).toEqual([
      [two!.id, `replaced by ${three!.id}`],
      [three!.id, `replaced by ${four!.id}`],
    ]);
    expect(await archive.add([arrived(two!)])).toMatchObject([{ outcome: 'duplicate' }]);
    // With as many messages, the one that says more.
    expect(await archive.add([arrived(version(4, 's-1', 'long step'))])).toMatchObject([{ outcome: 'replaced' }]);
    expect(await archive.add([arrived(version(4, 's-1', 's'))])).toMatchObject([{ outcome: 'duplicate' }]);
    expect(await archive.totals()).toMatchObject({ runs: 2, erased: 3 });
    // Whoever erases it does not get its content back with the next line of the session.
    await archive.erase(version(4, 's-1', 'long step').id);
    expect(await archive.add([arrived(version(9))])).toMatchObject([{ outcome: 'duplicate', erased: true }]);
    expect(await archive.totals()).toMatchObject({ runs: 1, erased: 4 });
  });

  on('quarantines a record once, and looks at it again', async () => {
    const { archive } = await open();
    const bad = (offset: number, text = 'x') => ({
      file: '/data/runs.jsonl',
      offset,
      bytesHash: hex(text),
      code: 'RECORD_NOT_JSON',
      reason: 'cut off \0 \ud800',
      at: 7,
    });
    await archive.quarantine([]);
    await archive.quarantine([bad(10), bad(10), bad(90)]);
    await archive.quarantine([bad(10), bad(10, 'y'), bad(200)]);
    const all = await archive.quarantined();
    expect(all.map(({ offset, bytesHash }) => [offset, bytesHash])).toEqual([
      [10, hex('x')],
      [90, hex('x')],
      [10, hex('y')],
      [200, hex('x')],
    ]);
    expect(all[0]).toMatchObject({ file: '/data/runs.jsonl', code: 'RECORD_NOT_JSON', at: 7 });
    // It may be a line of a session elsewhere.
    expect(archive.knows(hex('x'))).toBe(false);
    expect((await archive.totals()).quarantined).toBe(4);
  });

  on('remembers where the reading of files ended, whatever they are called', async () => {
    const { archive } = await open();
    const long = `/data/${'very-long-name/'.repeat(400)}x.jsonl`;
    for (const file of ['/data/a.jsonl', long]) {
      expect(await archive.position(file)).toBeUndefined();
      await archive.setPosition(file, { offset: 10, hash: 'x', complete: true });
      await archive.setPosition(file, { offset: 20, tail: '' });
      expect(await archive.position(file)).toEqual({ offset: 20, tail: '' });
    }
  });

  on('nothing that a run says is in plain columns', async () => {
    const { archive, storage } = await open();
    const secret = 'sk-live-4242424242424242';
    const said = `the key is ${secret}`;
    const run = madeRun('a', {
      request: said,
      outcome: { success: true, answer: said },
      reference: { note: said },
      session: said,
      messages: [
        user(said),
        user(said.repeat(100)),
        { role: 'assistant', text: said, calls: [{ id: secret, tool: { name: 'tool' }, args: { said } }] },
      ],
    });
    await archive.add([arrived(run)]);
    for (const table of ['runs', 'effects', 'counts', 'seen', 'erased'])
      expect(JSON.stringify(await storage.all(`SELECT * FROM archive_${table}`))).not.toContain('4242');
    expect(await archive.get(run.id)).toEqual(run);
  });
});
