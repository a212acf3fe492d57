import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Synthesis, SynthesisReport } from '#plugins/synthesizer/api';
import { chat, jsonl, openCli } from './open-cli.ts';

const { cli, run, runWith } = openCli();
const place = (name: string): string => path.join(cli.dir, 'files', name);
const write = (name: string, text: string): string => {
  mkdirSync(path.dirname(place(name)), { recursive: true });
  writeFileSync(place(name), text);
  return place(name);
};
const imported = async (...paths: string[]) => {
  const { code, out } = await run('import', ...paths, '--json');
  return { code, ...(JSON.parse(out) as Record<string, number>) };
};
const ids = async (): Promise<string[]> => (await cli.services.archive.heads(0, 10_000)).map(({ id }) => id);

describe('import', () => {
  test('counts as facts does, and again reads only what is new', async () => {
    const file = write(
      'grows.jsonl',
      `${jsonl([chat('a'), chat('b')])}{"broken\n${JSON.stringify(chat('c')).slice(0, 50)}`,
    );
    const first = { code: 0, seen: 3, imported: 2, duplicate: 0, quarantined: 1, waiting: 50 };
    expect(await imported(file)).toEqual(first);
    expect(await imported(file)).toMatchObject({ code: 0, seen: 0 });
    // The rest of the record, and one more.
    appendFileSync(file, `${JSON.stringify(chat('c')).slice(50)}\n${jsonl([chat('d')])}`);
    expect(await imported(file)).toEqual({ code: 0, seen: 2, imported: 2, duplicate: 0, quarantined: 0 });
    const totals = await cli.services.archive.totals();
    expect(totals).toMatchObject({ runs: 4, quarantined: 1 });
    expect(await cli.services.archive.quarantined()).toMatchObject([{ file, code: 'RECORD_NOT_JSON' }]);
    // The same records elsewhere: the same outcome for each, from their hashes.
    const copy = write('copy.jsonl', readFileSync(file, 'utf8'));
    expect(await imported(copy)).toEqual({ code: 0, seen: 5, imported: 0, duplicate: 4, quarantined: 1 });
    const array = write(
      'array.json',
      JSON.stringify(
        ['a', 'b', 'e'].map((name) => chat(name)),
        null,
        2,
      ),
    );
    expect(await imported(array)).toMatchObject({ seen: 3, imported: 1, duplicate: 2 });
  });

  test('takes many small files together', async () => {
    for (let at = 0; at < 300; at += 1) write(`many/${at}.json`, JSON.stringify(chat(`many ${at}`)));
    expect(await imported(place('many'))).toEqual({ code: 0, seen: 300, imported: 300, duplicate: 0, quarantined: 0 });
    expect(await imported(place('many'))).toMatchObject({ code: 0, seen: 0 });
  });

  test('says how far it is to a terminal only, and notes above that', async () => {
    const text = jsonl(Array.from({ length: 600 }, (_, at) => chat(`shown ${at}`)));
    const { err } = await runWith({ isTerminal: true }, 'import', write('shown.jsonl', text));
    expect(err.split('\r\u001b[K').slice(0, 2)).toEqual(['', expect.stringMatching(/^\d+ seen, \d+ imported$/)]);
    expect(err.endsWith('\r\u001b[K')).toBe(true);
    expect((await run('import', write('unseen.jsonl', text))).err).toBe('');
  });

  test('refuses what is named and holds none, and stops when it is told', async () => {
    const readme = write('README.md', '# nothing\n');
    expect(await imported(readme)).toEqual({ code: 1, seen: 0, imported: 0, duplicate: 0, quarantined: 0, refused: 1 });
    const stopped = new AbortController();
    stopped.abort();
    expect(await runWith({ signal: stopped.signal }, 'import', place('grows.jsonl'))).toMatchObject({ code: 130 });
  });
});

describe('of an imported run', () => {
  test('list and show tell, by its first characters too', async () => {
    const file = write(
      'one.jsonl',
      jsonl([chat('to be shown', { tools: ['maps__find'], text: 'Where\u001b[2J am I?' })]),
    );
    await imported(file);
    const id = (await ids()).at(-1)!;
    const { out } = await run('list', '--limit', '1');
    expect(out).toMatch(new RegExp(`^${id}  imported \\(not judged\\)  \\S+Z  \\d steps  openai-messages  .*\n$`));
    expect((await run('list', '--state', 'imported', '--limit', '5')).out.split('\n')).toHaveLength(6);
    expect((await run('list', '--state', 'ended')).out).toBe('there is none\n');
    const shown = await run('show', id.slice(0, 12));
    expect(shown.out).not.toContain('\u001b');
    expect(shown.out).toMatch(
      new RegExp(`^run {6}${id}\n[\\s\\S]*request  Where \\[2J am I\\?\n[\\s\\S]*calls maps__find \\{"of":`),
    );
    expect(JSON.parse((await run('show', id, '--json')).out)).toEqual(await cli.services.archive.get(id));
    expect(await run('show', 'zzzz')).toMatchObject({
      code: 3,
      err: expect.stringMatching(/^TRAJECTORY_UNKNOWN: .*"zzzz"\n/),
    });
    // With hundreds of them, some begin alike.
    const first = (await ids()).map((each) => each[0]!).find((letter, at, all) => all.indexOf(letter) !== at)!;
    expect(await run('show', first)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^TRAJECTORY_AMBIGUOUS: [\s\S]*there is: /),
    });
  });

  test('stats tell what its tools did', async () => {
    const { out } = await run('stats', 'maps__find');
    expect(out).toMatch(
      /^tool +scenario +calls +success +at least +runs +runs that succeeded\nmaps__find +openai-messages +1 +100 % +21 % +1 +none judged\n$/,
    );
    expect(JSON.parse((await run('stats', 'maps__find', '--json')).out)).toMatchObject({
      recorded: [],
      imported: [{ tool: 'maps__find', calls: 1 }],
    });
  });

  test('export writes what others read, without secrets', async () => {
    const key = `sk-proj-${'a1B2c3D4e5F6g7H8'.repeat(3)}`;
    await imported(write('secret.jsonl', jsonl([chat('secret', { text: `use ${key} and ada.lovelace@gmail.com` })])));
    const id = (await ids()).at(-1)!;
    const all = (await ids()).length;
    const written = async (...argv: string[]) => {
      expect(await run('export', ...argv)).toMatchObject({ code: 0, out: '' });
      return readFileSync(argv[1]!, 'utf8');
    };
    const plain = await written('openai', place('plain.jsonl'), '--runs', id, '--redact', 'none');
    expect(plain.split(key).length).toBeGreaterThan(3);
    const clean = await written('openai', place('clean.jsonl'), '--runs', id.slice(0, 16));
    expect(clean).not.toContain(key);
    expect(clean).toContain('ada.lovelace@gmail.com');
    expect(JSON.parse(clean).messages.map(({ role }: { role: string }) => role)).toEqual(
      chat('secret').messages.map(({ role }) => role),
    );
    const safe = await written('sharegpt', place('safe.jsonl'), '--runs', id, '--redact', 'all');
    expect(safe).not.toContain('ada.lovelace');
    const everything = await written('openai', place('all.jsonl'));
    expect(everything.trimEnd().split('\n')).toHaveLength(all);
    const back = await run('facts', place('all.jsonl'), '--json');
    expect(JSON.parse(back.out.trimEnd().split('\n').at(-1)!)).toMatchObject({ seen: all, quarantined: 0 });
    expect(await run('export', 'openai', place('none.jsonl'), '--runs', 'zzzz')).toMatchObject({ code: 3 });
    expect(await run('export', id)).toMatchObject({ code: 1, err: expect.stringContaining('--runs') });
    expect((await run('export', 'openai', path.join(place('plain.jsonl'), 'x.jsonl'))).code).not.toBe(0);
  });

  test('erase takes it away, with its seeds', async () => {
    const [id, other] = await ids();
    const retracted: string[] = [];
    const synthesis = {
      retract: async () => {
        retracted.push(...(await cli.services.archive.erased(0)).map((erased) => `${erased.id} ${erased.why}`));
        return 2;
      },
    } as Partial<Synthesis> as Synthesis;
    expect(await runWith({ synthesis }, 'erase', id!, '--why', 'they asked')).toEqual({
      code: 0,
      out: expect.stringMatching(`^${id} .* its 5 messages and 2 seeds\n$`),
      err: '',
    });
    expect(retracted).toEqual([`${id} they asked`]);
    expect(await run('erase', other!)).toMatchObject({ code: 0, err: expect.stringContaining('no synthesizer') });
    expect(await run('show', id!)).toMatchObject({ code: 3, err: expect.stringMatching(/was erased: they asked\n/) });
    expect(await imported(write('again.jsonl', readFileSync(place('grows.jsonl'), 'utf8')))).toMatchObject({
      imported: 0,
    });
  });
});

test('explain and dataset ask the synthesizer', async () => {
  const lineage = {
    seed: {
      task_id: 'seed-1',
      task_type: 'booking',
      domain: 'airline',
      description: 'Book a \u001b[2J flight',
      expected_tools: ['book'],
      complexity: 'low',
      difficulty: { trials: 4, judged: 4, successes: 1, pass_rate: 0.25 },
      verification: [{ check: 'arguments', verdict: 'passed' }],
      lineage: { essence_strategy: 'llm', seed_strategy: 'llm', evolution: 'none', model: 'm' },
    },
    essence: { essence_id: 'essence-1', description: 'a flight is booked' },
    trajectories: [
      { id: 't-1', key: 'airline/1/0', file: 'f.jsonl', format: 'tau-bench', success: true, steps: [1, 9] },
    ],
    calls: [
      {
        key: 'call-1',
        stage: 'essence',
        prompt: 'essence.md',
        promptHash: 'abc',
        model: 'm',
        at: 0,
        inputTokens: 10,
        outputTokens: 2,
        usd: 0.5,
      },
    ],
    parents: [],
    version: '1.2.3',
  };
  const asked: unknown[] = [];
  let made: { readonly seeds: readonly unknown[] } = { seeds: [lineage.seed] };
  const synthesis = {
    explain: async (id: string) => {
      asked.push(id);
      return lineage;
    },
    dataset: async () => made,
  } as unknown as Synthesis;
  const report = {
    dataset: async (input: { dataset: unknown }, folder: string) => {
      asked.push(input.dataset, folder);
      return [`${folder}/README.md`];
    },
  } as unknown as SynthesisReport;
  const { out } = await runWith({ synthesis }, 'explain', 'seed-1');
  expect(out).not.toContain('\u001b');
  expect(out).toMatch(
    /^seed {9}seed-1 [\s\S]*pass rate 25 %[\s\S]*trajectory {3}t-1 .*steps 1 to 9[\s\S]*call {9}call-1 .*\(abc\)[\s\S]*check {8}arguments {2}passed\n$/,
  );
  expect(JSON.parse((await runWith({ synthesis }, 'explain', 'seed-1', '--json')).out)).toEqual(lineage);
  expect(await runWith({ synthesis, report }, 'dataset', 'folder')).toEqual({
    code: 0,
    out: 'folder/README.md\n',
    err: '',
  });
  expect(asked).toEqual(['seed-1', 'seed-1', made, 'folder']);
  expect(await runWith({ synthesis }, 'dataset', 'folder')).toMatchObject({
    code: 4,
    err: expect.stringContaining('synthesis-report'),
  });
  made = { seeds: [] };
  expect(await runWith({ synthesis, report }, 'dataset', 'folder')).toMatchObject({
    code: 3,
    err: expect.stringMatching(/^NOTHING_TO_EXPORT: .*\nhint: .*synthesis\.yaml/),
  });
});

describe('what came before', () => {
  test('what was bad in one file is looked at anew in another, where it may be a line of a session', async () => {
    const at = { timestamp: '2026-05-01T10:00:00Z', sessionId: 's-1' };
    const lines = [
      { ...at, type: 'user', uuid: 'u1', parentUuid: null, message: { role: 'user', content: 'Count them.' } },
      {
        ...at,
        type: 'assistant',
        uuid: 'u2',
        parentUuid: 'u1',
        message: { role: 'assistant', content: [{ type: 'text', text: 'Two.' }] },
      },
    ];
    const torn = write('torn.jsonl', `${jsonl([chat('first')])}{"total":1}\n${jsonl(lines)}`);
    expect(await imported(torn)).toMatchObject({ imported: 1, quarantined: 3 });
    expect(await imported(write('session.jsonl', jsonl(lines)))).toMatchObject({ imported: 1, quarantined: 0 });
    // By the name that its source gave it.
    expect(await run('show', 's-1')).toMatchObject({ code: 0, out: expect.stringContaining('Count them.') });
    expect((await run('list', '--limit', '1')).err).toContain('--limit N shows more');
    // And it makes no file of another kind one of trajectories.
    const other = write('other.jsonl', Array.from({ length: 9 }, (_, n) => `{"total":${n}}\n`).join(''));
    expect(await imported(other)).toMatchObject({ code: 1, seen: 0 });
  });
});
