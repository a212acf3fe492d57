import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { expect, test } from 'vitest';
import type { ImportedRun, RunCall, RunMessage } from '#plugins/trajectory-formats/api';
import { HAS_PYTHON, python } from './python.ts';
import { openFormats, readAll, scratch, toolSequence } from './reading.ts';
import { anyRun, call, run } from './some-runs.ts';

async function written(
  format: string,
  name: string,
  runs: readonly ImportedRun[],
  folder = scratch(),
): Promise<string> {
  const file = join(folder, name);
  const writer = await (await openFormats()).writer(format, file);
  for (const one of runs) await writer.write(one);
  await writer.close();
  return file;
}

interface Chat {
  readonly messages: readonly {
    readonly role: string;
    readonly content: string | null;
    readonly tool_calls?: readonly { readonly id: string; readonly function: { readonly name: string } }[];
    readonly tool_call_id?: string;
  }[];
  readonly tools?: unknown;
  readonly metadata: Readonly<Record<string, unknown>>;
}
const chats = (file: string): Chat[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Chat);

const MESSY = run(
  [
    { role: 'user', text: 'Shown before', demo: true },
    { role: 'tool', text: 'nobody asked', answers: 'lost' },
    {
      role: 'assistant',
      text: '',
      calls: [call('a', 'python', { via: 'shell' }), call('a', 'look', { server: 'my maps' })],
    },
    { role: 'user', text: 'Wait.' },
    { role: 'tool', text: 'first', answers: 'a' },
    { role: 'assistant', text: 'More.', reasoning: 'Hm.', calls: [call('a'), call('b')] },
    { role: 'tool', text: 'third', answers: 'a', error: true },
  ],
  {
    task: 'T',
    outcome: { success: true, score: 1 },
    toolDefinitions: [{ name: 'look', server: 'my maps', description: 'Looks.' }],
    reference: { actions: ['secret'] },
    labels: { trial: 2 },
  },
);

test('openai: every call has one result right behind it under an id of its own, and metadata stand apart', async () => {
  const [chat] = chats(await written('openai', 'x.jsonl', [MESSY]));
  expect(chat!.messages).toEqual([
    { role: 'user', content: 'nobody asked' },
    {
      role: 'assistant',
      content: null,
      tool_calls: [
        { id: 'a', type: 'function', function: { name: 'shell', arguments: '{"id":"a"}' } },
        { id: 'a_2', type: 'function', function: { name: 'my_maps__look', arguments: '{"id":"a"}' } },
      ],
    },
    { role: 'tool', tool_call_id: 'a', content: 'first' },
    { role: 'tool', tool_call_id: 'a_2', content: '[no result was recorded]' },
    { role: 'user', content: 'Wait.' },
    {
      role: 'assistant',
      content: 'More.',
      reasoning_content: 'Hm.',
      tool_calls: [
        { id: 'a_3', type: 'function', function: { name: 'find', arguments: '{"id":"a"}' } },
        { id: 'b', type: 'function', function: { name: 'find', arguments: '{"id":"b"}' } },
      ],
    },
    { role: 'tool', tool_call_id: 'a_3', content: 'third' },
    { role: 'tool', tool_call_id: 'b', content: '[no result was recorded]' },
  ]);
  expect(chat!.tools).toEqual([
    {
      type: 'function',
      function: { name: 'my_maps__look', description: 'Looks.', parameters: { type: 'object', properties: {} } },
    },
  ]);
  expect(chat!.metadata).toMatchObject({ id: MESSY.id, key: 'run', task: 'T', success: true, score: 1 });
  expect(JSON.stringify(chat)).not.toContain('secret');
});

test('openai: ids pair in whatever comes', async () => {
  const formats = await openFormats();
  await fc.assert(
    fc.asyncProperty(fc.array(anyRun, { maxLength: 3 }), async (runs) => {
      const file = await written('openai', 'x.jsonl', runs);
      for (const { messages } of chats(file)) {
        const open = new Set<string>();
        for (const { role, tool_calls = [], tool_call_id } of messages) {
          if (role === 'tool') expect(open.delete(tool_call_id!)).toBe(true);
          else expect(open.size).toBe(0);
          for (const { id, function: called } of tool_calls) {
            expect(called.name).toMatch(/^[\w-]{1,64}$/);
            open.add(id);
          }
        }
        expect(open.size).toBe(0);
      }
      const { bad } = await readAll(formats, file);
      expect(bad.filter(({ code }) => code !== 'RECORD_INVALID' && code !== 'FORMAT_UNKNOWN')).toEqual([]);
    }),
    { numRuns: 30 },
  );
});

test.runIf(HAS_PYTHON)(
  "openai: Python's json reads it, and pairs ids (left out where there is no python3)",
  async () => {
    const file = await written('openai', 'x.jsonl', [MESSY, run([{ role: 'user', text: '東京 \ud83d\ude00 \u2028' }])]);
    const script = `
out = []
for line in open(sys.argv[1], encoding="utf-8"):
    chat = json.loads(line)
    asked = [c["id"] for m in chat["messages"] for c in m.get("tool_calls", [])]
    told = [m["tool_call_id"] for m in chat["messages"] if m["role"] == "tool"]
    out.append([len(chat["messages"]), asked == told and len(set(asked)) == len(asked)])
print(json.dumps(out))`;
    expect(python(script, file)).toEqual([
      [8, true],
      [1, true],
    ]);
  },
);

test('sharegpt: calls one after another, each with its observation', async () => {
  const system = run([{ role: 'system', text: 'Be good.' }, ...MESSY.messages], {
    toolDefinitions: [{ name: 'find' }],
  });
  const file = await written('sharegpt', 'x.jsonl', [system]);
  const [line] = chats(file) as unknown as {
    system: string;
    tools: string;
    conversations: { from: string; value: string }[];
  }[];
  expect(line!.system).toBe('Be good.');
  expect(JSON.parse(line!.tools)).toMatchObject([{ name: 'find' }]);
  expect(line!.conversations.map(({ from, value }) => `${from}: ${value}`)).toEqual([
    'human: nobody asked',
    'function_call: {"name":"shell","arguments":{"id":"a"}}',
    'observation: first',
    'function_call: {"name":"my_maps__look","arguments":{"id":"a"}}',
    'observation: [no result was recorded]',
    'human: Wait.',
    'gpt: <think>\nHm.\n</think>\nMore.',
    'function_call: {"name":"find","arguments":{"id":"a"}}',
    'observation: third',
    'function_call: {"name":"find","arguments":{"id":"b"}}',
    'observation: [no result was recorded]',
  ]);
  const { runs } = await readAll(await openFormats(), file);
  expect(runs.map(({ format }) => format)).toEqual(['sharegpt']);
});

test('parquet: a row a run, in several row groups, read by another reader', async () => {
  const runs = Array.from({ length: 1500 }, (_, n) =>
    run(
      [
        {
          role: 'assistant',
          text: `${n} 東京`,
          calls: [call('a', 'look', { server: 'maps' }), { ...call('b', 'route'), lookup: true }],
        },
      ],
      {
        key: `run ${n}`,
        outcome: n % 3 === 0 ? { success: null } : { success: n % 3 === 1, score: n / 2 },
        ...(n % 2 === 0 && { task: `task ${n}`, model: 'm' }),
      },
    ),
  );
  const file = await asyncBufferFromFile(await written('parquet', 'x.parquet', runs));
  expect((await parquetMetadataAsync(file)).row_groups.map(({ num_rows }) => Number(num_rows))).toEqual([1000, 500]);
  const rows = await parquetReadObjects({ file });
  expect(rows).toHaveLength(1500);
  for (const n of [0, 1, 2, 999, 1000, 1499])
    expect(rows[n]).toEqual({
      id: runs[n]!.id,
      key: `run ${n}`,
      format: 'test',
      task: n % 2 === 0 ? `task ${n}` : null,
      request: 'Do it.',
      success: n % 3 === 0 ? null : n % 3 === 1,
      score: n % 3 === 0 ? null : n / 2,
      model: n % 2 === 0 ? 'm' : null,
      agent: null,
      tools: '["maps/look"]',
      steps: 1,
      messages: JSON.stringify(runs[n]!.messages),
    });
});

test.each([
  ['openai', 'x.jsonl', ''],
  ['sharegpt', 'x.jsonl', ''],
  ['atif', 'x.jsonl', ''],
  ['atif', 'x.json', '[]\n'],
])('%s of no run at all is a sound file (%s)', async (format, name, content) => {
  expect(readFileSync(await written(format, name, []), 'utf8')).toBe(content);
});

test('parquet of no run at all has its columns', async () => {
  const file = await asyncBufferFromFile(await written('parquet', 'x.parquet', []));
  const { schema, num_rows } = await parquetMetadataAsync(file);
  expect([schema.map(({ name }) => name).slice(1, 4), Number(num_rows)]).toEqual([['id', 'key', 'format'], 0]);
});

test.each(['openai', 'sharegpt', 'atif', 'parquet'])('%s: a file is there as a whole or not at all', async (format) => {
  const folder = scratch();
  const file = join(folder, 'deep', 'x.jsonl');
  const formats = await openFormats();
  const abandoned = await formats.writer(format, file);
  await abandoned.write(MESSY);
  expect(existsSync(file)).toBe(false);
  await abandoned.abandon();
  await abandoned.abandon();
  expect(readdirSync(join(folder, 'deep'))).toEqual([]);
  await expect(abandoned.write(MESSY).then(() => abandoned.close())).rejects.toMatchObject({ code: 'WRITER_CLOSED' });
  writeFileSync(file, 'what was there before');
  const writer = await formats.writer(format, file);
  await writer.write(MESSY);
  expect(readFileSync(file, 'utf8')).toBe('what was there before');
  await writer.close();
  await writer.close();
  expect(readFileSync(file, 'utf8')).not.toBe('what was there before');
  expect(readdirSync(join(folder, 'deep'))).toEqual(['x.jsonl']);
});

test('where nothing can be written, the fault names the path, and nothing is left', async () => {
  const folder = scratch();
  writeFileSync(join(folder, 'file'), '');
  const formats = await openFormats();
  const path = join(folder, 'file', 'x.jsonl');
  await expect(formats.writer('openai', path)).rejects.toMatchObject({ code: 'PATH_UNWRITABLE', kind: 'invalid' });
  const writer = await formats.writer('openai', folder);
  await writer.write(MESSY);
  await expect(writer.close()).rejects.toMatchObject({ code: 'PATH_UNWRITABLE' });
  expect(readdirSync(folder)).toEqual(['file']);
});

test.each(['openai', 'sharegpt'])('%s comes back under its name, with the tools that did the work', async (format) => {
  const asks = (id: string, tool: RunCall['tool'], more: object = {}): RunCall => ({ id, tool, args: {}, ...more });
  const said = (role: RunMessage['role'], more: object = {}): RunMessage => ({ role, text: 'x', ...more });
  const made: ImportedRun = {
    ...MESSY,
    key: 'by/name',
    messages: [
      said('user'),
      said('assistant', { calls: [asks('a', { name: 'route' }, { lookup: true })] }),
      said('tool', { answers: 'a' }),
      said('assistant', { calls: [asks('b', { server: 'my files', name: 'read', via: 'execute-tool' })] }),
      said('tool', { answers: 'b' }),
      said('assistant', { calls: [asks('c', { name: 'ls', via: 'shell' }, { args: { command: ' ls -l' } })] }),
      said('tool', { answers: 'c' }),
    ],
  };
  const silent: ImportedRun = { ...made, id: 'f'.repeat(32), key: 'silent', messages: [] };
  const file = await written(format, 'runs.jsonl', [made, { ...made, id: 'e'.repeat(32) }, silent]);
  const { runs, bad } = await readAll(await openFormats(), file);
  expect(bad).toEqual([]);
  expect(runs.map(({ key }) => key)).toEqual(['by/name', 'by/name', 'silent']);
  expect(new Set(runs.map(({ id }) => id)).size).toBe(3);
  expect(toolSequence(runs[0]!)).toEqual(['my files/read', 'ls']);
  expect(runs[0]!.counts.toolCalls).toBe(3);
});
