import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import type { TaskFacts } from '#plugins/task-similarity/api';
import type { ImportedRun } from '#plugins/trajectory-formats/api';
import trajectoryFormats from '../../../plugins/trajectory-formats/index.ts';
import { openPlugin } from '../open-plugin.ts';

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
  const sets = new Map<string, LabelledRun[]>();
  for (const set of SETS) {
    const runs: LabelledRun[] = [];
    for await (const file of plugin.formats.files(resolve(DATA, 'trajectories', set))) {
      // What the benchmark says of its runs is no run.
      if (/expected\.jsonl$|README|LICENSE/.test(file)) continue;
      for await (const event of plugin.formats.read(file))
        if (event.type === 'run') runs.push({ task: `${set}/${event.run.task}`, facts: factsOf(event.run) });
    }
    sets.set(set, runs);
  }
  await close();
  return Object.fromEntries(sets) as Awaited<ReturnType<typeof recordedRuns>>;
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
