import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ImportedRun } from '#plugins/trajectory-formats/api';
import { finishRun } from '../../../plugins/trajectory-formats/finish-run.ts';
import { atif } from '../../../plugins/trajectory-formats/formats/atif.ts';
import { trajectoryOf } from '../../../plugins/trajectory-formats/writers/atif-trajectory.ts';
import { HAS_PYTHON, python } from './python.ts';
import { openFormats, readAll, scratch } from './reading.ts';
import { anyRun, call, run } from './some-runs.ts';

const DATA = resolve(import.meta.dirname, '../../../../shared/data/trajectories');
const SCHEMA = new URL('../../fixtures/atif-1.7.schema.json', import.meta.url);
const valid = new Ajv2020({ allowUnionTypes: true }).compile(JSON.parse(readFileSync(SCHEMA, 'utf8')) as object);

/** All but the name of the format that it came from. */
const same = ({ format: _, ...rest }: ImportedRun): object => rest;

interface Trajectory {
  readonly steps: readonly {
    readonly step_id: number;
    readonly tool_calls?: readonly { readonly tool_call_id: string }[];
    readonly observation?: { readonly results: readonly { readonly source_call_id?: string }[] };
  }[];
}

/** What a schema cannot say: steps are numbered, and results answer calls of their own step. */
function problemsOf(value: unknown): unknown[] {
  const { steps } = value as Trajectory;
  return [
    ...(valid(value) ? [] : valid.errors!),
    ...steps.flatMap(({ step_id, tool_calls = [], observation }, at) => {
      const ids = new Set(tool_calls.map(({ tool_call_id }) => tool_call_id));
      const loose = (observation?.results ?? []).filter(({ source_call_id: id }) => id !== undefined && !ids.has(id));
      return [...(step_id === at + 1 ? [] : [`step ${step_id} at ${at}`]), ...loose];
    }),
  ];
}

test('the schema of these tests refuses what is no ATIF', () => {
  const sound = trajectoryOf(run([{ role: 'user', text: 'Hi' }])) as { steps: object[] };
  expect(valid(sound)).toBe(true);
  for (const wrong of [
    { ...sound, schema_version: 'ATIF-v9' },
    { ...sound, more: 1 },
    { ...sound, steps: [] },
    { ...sound, steps: [{ ...sound.steps[0], tool_calls: [] }] },
    { ...sound, steps: [{ ...sound.steps[0], timestamp: 'yesterday' }] },
  ])
    expect(valid(wrong)).toBe(false);
});

test('whatever a run is, it is valid ATIF, and comes back as it was', () => {
  fc.assert(
    fc.property(anyRun, (one) => {
      const value = JSON.parse(JSON.stringify(trajectoryOf(one))) as unknown;
      expect(problemsOf(value)).toEqual([]);
      expect(atif.recognises(value)).toBe(true);
      const origin = { fileName: 'x.json', folder: 'y', index: 0, alone: true };
      const [back] = [atif.read(value, origin)].flat().map((draft) => finishRun(draft, 'atif'));
      expect(same(back!)).toEqual(same(one));
    }),
    { numRuns: 500 },
  );
});

async function allRuns(path: string): Promise<ImportedRun[]> {
  const formats = await openFormats();
  const runs: ImportedRun[] = [];
  for await (const file of formats.files(path)) runs.push(...(await readAll(formats, file)).runs);
  return runs;
}

async function write(target: string, runs: readonly ImportedRun[]): Promise<void> {
  const writer = await (await openFormats()).writer('atif', target);
  for (const one of runs) await writer.write(one);
  await writer.close();
}

const FEW = [1, 2, 3].map((n) =>
  run([
    { role: 'user', text: `Go ${n}` },
    { role: 'assistant', text: '', calls: [call('a', 'find', { server: 'maps', via: 'execute' })] },
    { role: 'tool', text: 'Found.', answers: 'a', error: false },
  ]),
);

test.each(['x.jsonl', 'x.json', 'folder/', 'there'])('%s holds all runs', async (name) => {
  const folder = scratch();
  writeFileSync(join(folder, 'other.txt'), '');
  const target = name === 'there' ? folder : join(folder, name);
  await write(name.endsWith('/') ? `${target}/` : target, FEW);
  const back = await allRuns(target);
  expect(back.map(({ id }) => id).sort()).toEqual(FEW.map(({ id }) => id).sort());
  if (name === 'folder/') expect(readdirSync(target).sort()).toEqual(FEW.map(({ id }) => `${id}.json`).sort());
  expect(readdirSync(folder).filter((one) => one.endsWith('.part'))).toEqual([]);
});

test('a folder of which the writing is given up is as it was', async () => {
  const folder = scratch();
  const writer = await (await openFormats()).writer('atif', `${join(folder, 'out')}/`);
  await writer.write(FEW[0]!);
  await writer.abandon();
  expect(readdirSync(folder)).toEqual([]);
});

describe.runIf(existsSync(DATA))(`real runs (left out where ${DATA} is not there)`, () => {
  test('all 193 come back equal, and are valid', { timeout: 60_000 }, async () => {
    const runs = await allRuns(DATA);
    expect(runs).toHaveLength(193);
    for (const one of runs) expect(problemsOf(JSON.parse(JSON.stringify(trajectoryOf(one))))).toEqual([]);
    const file = join(scratch(), 'x.jsonl');
    await write(file, runs);
    const back = await allRuns(file);
    expect(back.map(same)).toEqual(runs.map(same));
    expect(new Set(back.map(({ format }) => format))).toEqual(new Set(['atif']));
  });

  test.runIf(HAS_PYTHON)(
    "Python's json reads them (left out where there is no python3)",
    { timeout: 60_000 },
    async () => {
      const runs = await allRuns(join(DATA, 'swe-agent'));
      const file = join(scratch(), 'x.json');
      await write(file, runs);
      const script = `
out = []
for one in json.load(open(sys.argv[1], encoding="utf-8")):
    linked = all(r.get("source_call_id") in [c["tool_call_id"] for c in s.get("tool_calls", [])]
                 for s in one["steps"] for r in s.get("observation", {}).get("results", []))
    out.append([one["trajectory_id"], linked, sum(len(s.get("tool_calls", [])) for s in one["steps"])])
print(json.dumps(out))`;
      expect(python(script, file)).toEqual(runs.map(({ id, counts }) => [id, true, counts.toolCalls]));
    },
  );
});
