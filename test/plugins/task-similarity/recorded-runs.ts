import { existsSync, globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import type { TaskFacts } from '#plugins/task-similarity/api';
import type { ImportedRun } from '#plugins/trajectory-formats/api';
import trajectoryFormats from '../../../plugins/trajectory-formats/index.ts';
import { openPlugin } from '../open-plugin.ts';
import { shuffled } from './made-texts.ts';

const DATA = resolve(import.meta.dirname, '../../../../shared/data');
const SETS = ['tau-bench-airline', 'livemcpbench', 'swe-agent'] as const;

/** Runs of a public benchmark, each with the task that its record names: for checking, never given to what is tested. */
export interface LabelledRun {
  readonly task: string;
  readonly facts: TaskFacts;
}

/** Why tests on recorded runs are left out, as the name of what is left out. */
export const noData = existsSync(resolve(DATA, 'trajectories')) ? undefined : `there is no folder ${DATA}`;

export async function recordedRuns(): Promise<Readonly<Record<(typeof SETS)[number], readonly LabelledRun[]>>> {
  const { plugin, close } = await openPlugin(trajectoryFormats, {});
  const sets = { 'tau-bench-airline': [], livemcpbench: [], 'swe-agent': [] } satisfies Record<string, LabelledRun[]>;
  for (const set of SETS) {
    const runs: LabelledRun[] = sets[set];
    for await (const file of plugin.formats.files(resolve(DATA, 'trajectories', set))) {
      // What the benchmark says of its runs is no run.
      if (/expected\.jsonl$|README|LICENSE/.test(file)) continue;
      for await (const event of plugin.formats.read(file))
        if (event.type === 'run') runs.push({ task: `${set}/${event.run.task}`, facts: factsOf(event.run) });
    }
  }
  await close();
  return sets;
}

function factsOf(run: ImportedRun): TaskFacts {
  const own = run.messages.filter(({ demo }) => demo !== true);
  const calls = own.flatMap((message) => message.calls ?? []).filter(({ lookup }) => lookup !== true);
  return {
    id: run.id,
    request: run.request,
    turns: own.filter(({ role }) => role === 'user').map(({ text }) => text),
    argumentValues: calls.flatMap(({ args }) => leaves(args)),
    tools: calls.map(({ tool }) => [tool.server, tool.name].filter((part) => part !== undefined).join('/')),
  };
}

const leaves = (value: unknown): string[] => {
  if (typeof value === 'string' || typeof value === 'number') return [String(value)];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(leaves) : [];
};

const QUERY = z.object({ query: z.string() });

/** What people ask tools for, from the sets of tool search: different ones, in an order by chance. */
export function recordedQueries(random: () => number): readonly string[] {
  const files = globSync('*/queries*.jsonl', { cwd: DATA }).sort();
  const lines = files.flatMap((file) => readFileSync(resolve(DATA, file), 'utf8').trimEnd().split('\n'));
  const plain = (text: string): string =>
    text
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, ' ')
      .trim();
  const queries = lines.map((line) => QUERY.parse(JSON.parse(line)).query);
  return shuffled([...new Map(queries.map((query) => [plain(query), query])).values()], random);
}
