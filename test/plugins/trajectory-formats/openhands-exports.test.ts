import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { FilePosition, TrajectoryFormats } from '#plugins/trajectory-formats/api';
import { linesOf, told } from './fixtures.ts';
import { fileOf, openFormats, readAll, scratch } from './reading.ts';

const formats = await openFormats();

describe('exports of feedback as a table: every event has all members', () => {
  /** As in all-hands/openhands-feedback: null where an event says nothing, and no `args`. */
  const event = (members: object): object => ({
    action: null,
    content: null,
    extras: null,
    id: null,
    message: null,
    observation: null,
    source: 'agent',
    timestamp: null,
    ...members,
  });
  const begin = { LLM_MODEL: 'model-f', AGENT: 'CodeActAgent' };
  const ask = { content: 'Count the files.' };
  const look = { code: 'print(3)', thought: 'I count.', kernel_init_code: '', is_confirmed: 'confirmed' };
  const events = [
    event({ action: 'initialize', extras: begin, source: 'environment' }),
    event({ content: 'ok', source: 'environment' }),
    event({ observation: 'agent_state_changed', content: '', extras: { agent_state: 'running' }, id: 1 }),
    event({ action: 'message', content: 'Count the files.', extras: ask, source: 'user' }),
    event({ action: 'run_ipython', extras: look, id: 2, message: 'Runs Python', timestamp: '2026-02-03 10:00:00.5' }),
    event({ observation: 'run_ipython', content: '3', extras: { code: 'print(3)' }, id: 3 }),
    event({ action: 'message', content: 'Three.', extras: { content: 'Three.' }, id: 4, message: 'Three.' }),
  ];
  const SAID = [
    'user: Count the files.',
    'assistant: I count. > call_2 run_ipython {"code":"print(3)"}',
    'tool call_2: 3',
    'assistant: Three.',
  ];
  const read = (trajectory: readonly object[]) =>
    readAll(formats, fileOf(JSON.stringify([{ version: '1.0', feedback: 'positive', trajectory }]), 'feedback.json'));

  test('what actions carry is read from `extras`, and praise is no success', async () => {
    const [run] = (await read(events)).runs;
    expect(run).toMatchObject({ format: 'openhands', model: 'model-f', request: 'Count the files.' });
    expect(run!.outcome).toEqual({ success: null });
    expect(run!.messages.map(told)).toEqual(SAID);
  });

  test('the same without the event that begins it', async () => {
    const [whole] = (await read(events)).runs;
    const [run] = (await read(events.slice(1))).runs;
    expect(run!.messages).toEqual(whole!.messages);
  });

  test('with `args`, and nulls beside them', async () => {
    const moved = events.map((each) => {
      const { action, extras, ...rest } = each as { action: string | null; extras: object | null };
      return { ...rest, action, args: action && extras, extras: action ? null : extras, cause: null };
    });
    const [run] = (await read(moved)).runs;
    expect(run!.messages.map(told)).toEqual(SAID);
  });

  test('actions without ids do not take the results of each other', async () => {
    const acts = ['1', '2'].flatMap((code) => [
      event({ action: 'run_ipython', extras: { code }, cause: null }),
      event({ observation: 'run_ipython', content: code, extras: {}, cause: null }),
    ]);
    const [run] = (await read(acts)).runs;
    expect(run!.messages.map(told)).toEqual([
      'assistant:  > call_0 run_ipython {"code":"1"}',
      'tool call_0: 1',
      'assistant:  > call_2 run_ipython {"code":"2"}',
      'tool call_2: 2',
    ]);
  });
});

const V1 = linesOf('openhands-v1-events.jsonl');
const V0 = JSON.parse(linesOf('openhands-events.json').join('\n')) as readonly object[];
const V0_LINES = V0.map((event) => JSON.stringify(event));
const id = (n: number): string => `0000000${n % 10}-1111-4222-8333-444444444444`;
const v1Name = (n: number): string => `event-${`${n}`.padStart(5, '0')}-${id(n)}.json`;
const v0Name = (n: number): string => `${n}.json`;

/** A conversation as it is kept; gives the folder of its events. */
function conversation(lines: readonly string[], nameOf = v1Name, root = scratch()): string {
  const folder = join(root, 'conversation-1', 'events');
  mkdirSync(folder, { recursive: true });
  for (const [n, line] of lines.entries()) writeFileSync(join(folder, nameOf(n)), line);
  return folder;
}
async function filesOf(path: string, from: TrajectoryFormats = formats): Promise<readonly string[]> {
  const files: string[] = [];
  for await (const file of from.files(path)) files.push(file);
  return files;
}

describe('conversations that are a folder with one event a file', () => {
  test.each([
    ['V1', V1, v1Name],
    ['V0, of more than ten events', V0_LINES, v0Name],
  ] as const)('%s: one run, the same as with one event a line', async (_, lines, nameOf) => {
    const folder = conversation(lines, nameOf);
    writeFileSync(join(dirname(folder), 'base_state.json'), '{"id":"conversation-1"}');
    expect(await filesOf(dirname(dirname(folder)))).toEqual([join(dirname(folder), 'base_state.json'), folder]);
    const read = await readAll(formats, folder);
    const [oneFile] = (await readAll(formats, fileOf(lines.join('\n')))).runs;
    expect(read.bad).toEqual([]);
    expect(read.runs.map(({ id, session, key }) => [id, session, key])).toEqual([
      [oneFile!.id, oneFile!.session, 'conversation-1'],
    ]);
    expect(read.events[0]).toMatchObject({ place: { file: folder, offset: 0, index: 0 } });
  });

  test('events that came make it the longer run of the same session; where none came, it is not read again', async () => {
    const folder = conversation(V1.slice(0, 4));
    const first = await readAll(formats, folder);
    const kept = JSON.parse(JSON.stringify(first.end.position)) as FilePosition;
    expect((await readAll(formats, folder, { from: kept })).events).toEqual([first.end]);
    conversation(V1, v1Name, dirname(dirname(folder)));
    const second = await readAll(formats, folder, { from: kept });
    expect(second.runs.map(({ session }) => session)).toEqual([first.runs[0]!.session]);
    expect(second.runs[0]!.counts.messages).toBeGreaterThan(first.runs[0]!.counts.messages);
    const hashes = second.events.flatMap((event) => (event.type === 'run' ? [event.bytesHash] : []));
    const known = await readAll(formats, folder, { known: (hash) => hashes.includes(hash) });
    expect(known.events.map(({ type }) => type)).toEqual(['known', 'end']);
  });

  test('one in which nobody has said anything yet is no bad record', async () => {
    const state = '{"kind":"ConversationStateUpdateEvent","source":"environment","id":"s","key":"a","value":1}';
    const folder = conversation([state]);
    const begun = await readAll(formats, folder);
    expect([begun.runs, begun.bad, begun.refused.length]).toEqual([[], [], 1]);
    conversation([state, ...V1], v1Name, dirname(dirname(folder)));
    expect((await readAll(formats, folder, { from: begun.end.position })).runs).toHaveLength(1);
  });

  test('a last event that is being written waits; a broken one before costs itself', async () => {
    const torn = V1.at(-1)!.slice(0, 30);
    const folder = conversation([...V1.slice(0, -1), torn]);
    const read = await readAll(formats, folder);
    expect([read.runs.length, read.bad, read.end.waiting]).toEqual([1, [], 30]);
    const broken = conversation([...V1.slice(0, 3), '{"kind":', ...V1.slice(3)]);
    const { runs, bad } = await readAll(formats, broken);
    expect(runs).toHaveLength(1);
    expect(bad.map(({ code, place }) => [code, place.file])).toEqual([['RECORD_NOT_JSON', join(broken, v1Name(3))]]);
  });

  test('an event that was touched stands for its conversation, a page of the cache too', async () => {
    const folder = conversation(V0_LINES, v0Name);
    const cache = join(dirname(folder), 'event_cache');
    mkdirSync(cache);
    writeFileSync(join(cache, '0-5.json'), JSON.stringify(V0.slice(0, 5)));
    writeFileSync(join(cache, '5-10.json'), JSON.stringify(V0.slice(5)));
    const other = join(dirname(folder), '7.json');
    writeFileSync(other, JSON.stringify(V0));
    expect(await filesOf(dirname(folder))).toEqual([other, folder]);
    const touched = [join(folder, '0.json'), join(cache, '0-5.json'), other, join(folder, '3.json')];
    expect(await formats.sources(touched)).toEqual([folder, other]);
  });

  test('an event that is named alone says what to name', async () => {
    const file = join(conversation(V1), v1Name(1));
    expect(await filesOf(file)).toEqual([file]);
    const { bad } = await readAll(formats, file);
    expect(bad.map(({ reason }) => reason)).toEqual([expect.stringContaining('name the folder')]);
  });

  test('numbered files that are runs stay runs', async () => {
    const run = JSON.stringify({ history: V0 });
    const folder = conversation([run, JSON.stringify(V0), V0_LINES.join('\n')], v0Name);
    const files = ['0.json', '1.json', '2.json'].map((name) => join(folder, name));
    expect(await filesOf(folder)).toEqual(files);
    expect(await formats.sources(files)).toEqual(files);
  });

  test('a run with a number for a name beside events is a run of its own, and links are files too', async () => {
    const run = JSON.stringify({ messages: [{ role: 'user', content: 'Another task.' }] });
    const folder = conversation([...V0_LINES.slice(0, 2), run, ...V0_LINES.slice(2)], v0Name);
    const { runs, bad } = await readAll(formats, folder);
    expect(bad).toEqual([]);
    expect(runs.map(({ format }) => format).sort()).toEqual(['openai-messages', 'openhands']);
    const whole = conversation(V0_LINES, v0Name);
    const linked = join(dirname(folder), 'linked', 'events');
    mkdirSync(linked, { recursive: true });
    for (const [n] of V0_LINES.entries()) symlinkSync(join(whole, v0Name(n)), join(linked, v0Name(n)));
    expect(await filesOf(dirname(linked))).toEqual([linked]);
  });

  test('one that is too long as a whole is one bad record', async () => {
    const small = await openFormats({ maxRecordBytes: 1_024 });
    const folder = conversation([...V1, ...V1]);
    expect(readFileSync(join(folder, v1Name(0))).length).toBeLessThan(1_024);
    const { bad, runs } = await readAll(small, folder);
    expect([runs, bad.map(({ code }) => code)]).toEqual([[], ['RECORD_TOO_LARGE']]);
  });
});
