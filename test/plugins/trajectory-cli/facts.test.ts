import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { chat, jsonl, openCli } from './open-cli.ts';

const { cli, run } = openCli();
const write = (name: string, text: string): string => {
  const file = path.join(cli.dir, 'files', name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
};
const lines = (out: string) =>
  out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

test('one line a record in the order of the file, and one that counts them', async () => {
  const a = chat('a', { tools: ['find', 'book', 'find'] });
  const file = write('runs.jsonl', jsonl([a, chat('b', { tools: [] }), a]));
  const { code, out, err } = await run('facts', file, '--json');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  const fact = (tools: readonly string[]) =>
    expect.objectContaining({
      task: null,
      success: null,
      messages: 3 + 2 * tools.length,
      user: 1,
      assistant: 1 + tools.length,
      tool_calls: tools.length,
      tool_sequence: tools,
      tools: [...new Set(tools)].sort(),
      steps: expect.any(Number),
      key: expect.any(String),
      source_format: 'openai-messages',
    });
  const calls = ['find', 'book', 'find'];
  expect(lines(out)).toEqual([
    fact(calls),
    fact([]),
    fact(calls),
    { seen: 3, imported: 2, duplicate: 1, quarantined: 0 },
  ]);
  // Nothing is kept, and so it says the same again.
  expect((await run('facts', file, '--json')).out).toBe(out);
  expect(await cli.services.archive.totals()).toMatchObject({ runs: 0 });
});

test('a bad record costs itself, and is told with its place; a torn tail waits', async () => {
  const good = (name: string) => JSON.stringify(chat(name));
  const text = `${good('a')}\n{"messages": [}\n${good('b')}\n${good('c').slice(0, 90)}`;
  const file = write('torn.jsonl', text);
  const { code, out, err } = await run('facts', '--json', file);
  expect(code).toBe(0);
  expect(lines(out).at(-1)).toEqual({ seen: 3, imported: 2, duplicate: 0, quarantined: 1, waiting: 90 });
  expect(err).toMatch(new RegExp(`^${file}:${good('a').length + 1}: RECORD_NOT_JSON: .+\n$`));
});

test('what holds no trajectories is refused by its name, and only noted in a folder', async () => {
  const folder = path.dirname(write('mixed/runs.jsonl', jsonl([chat('a')])));
  const readme = write('mixed/README.md', '# Runs\n\nof agents\n');
  write('mixed/deep/one.json', JSON.stringify(chat('b')));
  const all = await run('facts', folder, '--json');
  expect(lines(all.out).at(-1)).toEqual({ seen: 2, imported: 2, duplicate: 0, quarantined: 0 });
  expect({ code: all.code, err: all.err }).toEqual({
    code: 0,
    err: expect.stringMatching(`^${readme} is left out: .+\n$`),
  });

  const named = await run('facts', readme, folder, path.join(folder, 'nowhere'), '--json');
  expect(named.code).toBe(1);
  expect(named.err).toMatch(
    /FORMAT_UNKNOWN: .*README\.md holds no trajectories: .+\n[\s\S]*PATH_UNREADABLE: .*nowhere/,
  );
  expect(lines(named.out).at(-1)).toEqual({ seen: 2, imported: 2, duplicate: 0, quarantined: 0, refused: 2 });

  expect((await run('facts', path.join(folder, 'nowhere'), '--json')).code).toBe(3);
  const empty = path.join(cli.dir, 'files', 'empty');
  mkdirSync(empty, { recursive: true });
  expect(await run('facts', empty, '--json')).toMatchObject({
    code: 1,
    out: `{"seen":0,"imported":0,"duplicate":0,"quarantined":0}\n`,
  });
});

test('a table for people, whatever the records say to the terminal', async () => {
  const file = write('for-people.jsonl', jsonl([chat('a', { tools: ['fi\u001b[2Jnd'] })]));
  const { code, out } = await run('facts', file);
  expect(code).toBe(0);
  expect(out).not.toContain('\u001b');
  expect(out).toMatch(
    /^outcome .* tools\nnot judged +5 +1 +\d+ {2}openai-messages .*fi \[2Jnd\n1 seen: 1 imported, 0 duplicate, 0 quarantined\n$/,
  );
});

const DATA = path.resolve(import.meta.dirname, '../../../../shared/data/trajectories');
if (!existsSync(DATA)) console.warn(`${DATA} is not here: facts of real trajectories are not compared`);
test
  .skipIf(!existsSync(DATA))
  .each(['tau-bench-airline/trajectories.jsonl', 'livemcpbench/trajectories.json', 'swe-agent'])(
  'of real trajectories: %s',
  async (name) => {
    const { code, out } = await run('facts', path.join(DATA, name), '--json');
    expect(code).toBe(0);
    const folder = path.join(DATA, name.split('/')[0]!);
    const expected = readFileSync(path.join(folder, 'expected.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const found = new Map(lines(out).map((fact) => [fact.key, fact]));
    expect(lines(out).at(-1)).toEqual({
      seen: expected.length,
      imported: expected.length,
      duplicate: 0,
      quarantined: 0,
    });
    for (const { effective_tool_sequence, effective_tools, commands, history, ...fact } of expected) {
      const mine = found.get(fact.key)!;
      const shared = Object.keys(fact).filter((member) => member in mine);
      expect(Object.fromEntries(shared.map((member) => [member, mine[member]])), fact.key).toEqual(
        Object.fromEntries(shared.map((member) => [member, fact[member]])),
      );
      if (history !== undefined) expect(mine.messages, fact.key).toBe(history);
      const sequence = effective_tool_sequence ?? (commands?.length > 0 ? commands : undefined);
      if (sequence !== undefined) expect(mine.tool_sequence, fact.key).toEqual(sequence);
      if (effective_tools !== undefined) expect(mine.tools, fact.key).toEqual(effective_tools);
    }
  },
);
