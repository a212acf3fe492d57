import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { ImportedRun } from '#plugins/trajectory-formats/api';
import { openFormats, readAll, scratch, toolSequence } from './reading.ts';

const DATA = join(import.meta.dirname, '../../../../shared/data/trajectories');
const TAU = join(DATA, 'tau-bench-airline');
const LIVE = join(DATA, 'livemcpbench');
const SWE = join(DATA, 'swe-agent');

/** What was counted of the same files by another program. */
interface Expected {
  readonly key: string;
  readonly task: string;
  readonly success: boolean;
  readonly messages: number;
  readonly user: number;
  readonly assistant: number;
  readonly tool_calls: number;
  readonly tool_sequence: readonly string[];
  readonly tools: readonly string[];
  readonly effective_tool_sequence: readonly string[];
  readonly effective_tools: readonly string[];
  readonly route_calls: number;
  readonly tool_errors: number;
  readonly steps: number;
  readonly history: number;
  readonly commands: readonly string[];
  readonly demo_messages: number;
  readonly cost: number;
}
const expected = (folder: string): readonly Expected[] =>
  readFileSync(join(folder, 'expected.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Expected);

const toolsOf = (run: ImportedRun): string[] => [...new Set(toolSequence(run))].sort();
const lookups = ({ messages }: ImportedRun): number =>
  messages.flatMap(({ calls = [] }) => calls).filter(({ lookup }) => lookup).length;

function tauFacts(run: ImportedRun) {
  const { messages, user, assistant, toolCalls: tool_calls } = run.counts;
  const tool_sequence = toolSequence(run);
  const { key, task, outcome } = run;
  return {
    key,
    task,
    success: outcome.success,
    messages,
    user,
    assistant,
    tool_calls,
    tool_sequence,
    tools: toolsOf(run),
  };
}
const tauExpected = ({
  key,
  task,
  success,
  messages,
  user,
  assistant,
  tool_calls,
  tool_sequence,
  tools,
}: Expected) => ({
  ...{ key, task, success, messages, user, assistant, tool_calls, tool_sequence, tools },
});

const liveFacts = (run: ImportedRun) => ({
  key: run.key,
  task: run.task,
  success: run.outcome.success,
  messages: run.counts.messages,
  tool_calls: run.counts.toolCalls,
  route_calls: lookups(run),
  tool_errors: run.messages.filter(({ error }) => error).length,
  effective_tool_sequence: toolSequence(run),
  effective_tools: toolsOf(run),
});
const liveExpected = (one: Expected) => ({
  key: one.key,
  task: one.task,
  success: one.success,
  messages: one.messages,
  tool_calls: one.tool_calls,
  route_calls: one.route_calls,
  tool_errors: one.tool_errors,
  effective_tool_sequence: one.effective_tool_sequence,
  effective_tools: one.effective_tools,
});

/** A file's name is a label of these; in another file they have none. */
const sweFacts = (run: ImportedRun) => ({
  success: run.outcome.success,
  steps: run.counts.steps,
  history: run.counts.messages,
  commands: toolSequence(run),
  demo: run.messages.filter(({ demo }) => demo).length,
});
const sweExpected = ({ steps, history, commands, demo_messages: demo }: Expected) => ({
  success: null,
  steps,
  history,
  commands,
  demo,
});

interface Packed {
  readonly name: string;
  readonly pack: (folder: string, records: readonly unknown[]) => void;
}
const json = (indent: number) => (folder: string, records: readonly unknown[]) =>
  writeFileSync(join(folder, 'all.json'), JSON.stringify(records, null, indent));
const lines = (records: readonly unknown[]): string => records.map((record) => `${JSON.stringify(record)}\n`).join('');
const PACKED: readonly Packed[] = [
  { name: 'a compact list', pack: json(0) },
  { name: 'a list with indent 1', pack: json(1) },
  { name: 'a list with indent 2', pack: json(2) },
  { name: 'a list with indent 4', pack: json(4) },
  { name: 'lines', pack: (folder, records) => writeFileSync(join(folder, 'all.txt'), lines(records)) },
  {
    name: 'objects one behind the other',
    pack: (folder, records) =>
      writeFileSync(join(folder, 'all'), records.map((record) => JSON.stringify(record, null, 2)).join('\n')),
  },
  {
    name: 'one file a run',
    pack: (folder, records) => {
      records.forEach((record, n) => {
        writeFileSync(join(folder, `${String(n).padStart(4, '0')}.json`), JSON.stringify(record, null, n % 3));
      });
    },
  },
  {
    name: 'a packed list',
    pack: (folder, records) => writeFileSync(join(folder, 'all.gz'), gzipSync(JSON.stringify(records, null, 1))),
  },
  {
    name: 'packed lines of several members',
    pack: (folder, records) => {
      const half = Math.floor(records.length / 2);
      const members = [records.slice(0, half), records.slice(half)].map((part) => gzipSync(lines(part)));
      writeFileSync(join(folder, 'all.jsonl.gz'), Buffer.concat(members));
    },
  },
];

/** All runs below a folder; files that hold none have to be refused. */
async function runsBelow(folder: string): Promise<readonly ImportedRun[]> {
  const formats = await openFormats();
  const runs: ImportedRun[] = [];
  for await (const file of formats.files(folder)) {
    const read = await readAll(formats, file);
    expect(read.bad, file).toEqual([]);
    expect(read.refused.length, file).toBe(read.runs.length === 0 ? 1 : 0);
    expect(read.end.waiting, file).toBe(0);
    runs.push(...read.runs);
  }
  return runs;
}

const sorted = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.traj'))
    .sort();
interface DataSet {
  readonly folder: string;
  readonly records: () => readonly unknown[];
  readonly facts: (run: ImportedRun) => object;
  readonly expected: () => readonly object[];
}
const SETS: readonly DataSet[] = [
  {
    folder: TAU,
    records: () =>
      readFileSync(join(TAU, 'trajectories.jsonl'), 'utf8')
        .trim()
        .split('\n')
        .map((line): unknown => JSON.parse(line)),
    facts: tauFacts,
    expected: () => expected(TAU).map(tauExpected),
  },
  {
    folder: LIVE,
    records: () => JSON.parse(readFileSync(join(LIVE, 'trajectories.json'), 'utf8')) as unknown[],
    facts: liveFacts,
    expected: () => expected(LIVE).map(liveExpected),
  },
  {
    folder: SWE,
    records: () => sorted(SWE).map((name): unknown => JSON.parse(readFileSync(join(SWE, name), 'utf8'))),
    facts: sweFacts,
    expected: () => [...expected(SWE)].sort((a, b) => (a.key < b.key ? -1 : 1)).map(sweExpected),
  },
];

describe.skipIf(!existsSync(DATA))(`every record below ${DATA}, without a hint`, () => {
  for (const set of SETS) {
    const name = set.folder.slice(DATA.length + 1);
    test(`${name}: counts, tools, labels are those of another program`, async () => {
      const runs = await runsBelow(set.folder);
      expect(runs.map(set.facts)).toEqual(set.expected());
      expect(new Set(runs.map(({ id }) => id)).size).toBe(runs.length);
    });

    test.each(PACKED)(`${name} as $name: the same runs`, async ({ pack }) => {
      const folder = join(scratch(), name);
      mkdirSync(folder);
      pack(folder, set.records());
      const runs = await runsBelow(folder);
      expect(runs.map(set.facts)).toEqual(set.expected());
      const before = await runsBelow(set.folder);
      expect(runs.map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    });
  }

  test('names, licences and what the agent has not seen', async () => {
    const live = await runsBelow(LIVE);
    expect(new Set(live.flatMap(toolSequence)).size).toBe(101);
    expect(new Set(live.map(({ license }) => license))).toEqual(new Set(['Apache-2.0']));
    expect(live[0]!.messages.find(({ role }) => role === 'tool')!.text).toMatch(/^success: true\nmatched_tools:\n/);
    expect(JSON.stringify(live.map(({ messages }) => messages))).not.toContain('TextContent(type=');

    const swe = await runsBelow(SWE);
    const byKey = (a: { key: string }, b: { key: string }) => (a.key < b.key ? -1 : 1);
    expect(swe.map(({ key, task }) => ({ key, task }))).toEqual(
      [...expected(SWE)].sort(byKey).map(({ key, task }) => ({ key, task })),
    );

    const tau = await runsBelow(TAU);
    for (const { request, messages, reference } of tau) {
      const { instruction } = reference as { instruction: string };
      expect(instruction.length).toBeGreaterThan(0);
      expect(JSON.stringify([request, messages])).not.toContain(instruction.slice(0, 60));
    }
  });

  test('a domain is what the policy says, wherever the file lies', async () => {
    const folder = join(scratch(), 'elsewhere');
    mkdirSync(folder);
    copyFileSync(join(TAU, 'trajectories.jsonl'), join(folder, 'renamed'));
    expect((await runsBelow(folder)).map(tauFacts)).toEqual(expected(TAU).map(tauExpected));
  });
});
