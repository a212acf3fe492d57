// How soon what is appended to a watched file is a seed in the file, and how long a folder of many files takes.
//   node test/bench/synthesis-watch.bench.ts append 5000   single appends, that many trajectories done before
//   node test/bench/synthesis-watch.bench.ts files 10000   that many files of one trajectory each, dropped into a watched folder
// The model stands in over HTTP in a process of its own; its time is taken off.
import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Progress, SYNTHESIS } from '#plugins/synthesizer/api';
import { bootKernel } from '../support/boot-kernel.ts';
import { madeTrajectory } from '../support/made-trajectories.ts';

const [mode = 'append', size = '5000'] = process.argv.slice(2);
const RUNS = Number(size);
const APPENDS = 30;
/** An essence, then a seed: two calls, one after the other. */
const MODEL_MS = 50;

const dir = mkdtempSync(path.join(tmpdir(), 'synthesis-watch-'));
const folder = path.join(dir, 'in');
mkdirSync(folder);
const file = path.join(folder, 'runs.jsonl');
const line = (n: number): string => `${JSON.stringify(madeTrajectory(n))}\n`;

const model = spawn(
  process.execPath,
  [path.join(import.meta.dirname, '../support/synthesis-model.ts'), JSON.stringify({ latencyMs: MODEL_MS })],
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
const url = await new Promise<string>((resolve) =>
  model.stdout.once('data', (told: Buffer) => resolve(`${told}`.trim())),
);
const kernel = await bootKernel({
  pipeline: path.resolve(import.meta.dirname, '../../pipelines/base/synthesis.yaml'),
  mode: 'server',
  logLevel: 'warn',
  env: { DATA_DIR: dir, LLM_URL: url, LLM_MODEL: 'stand-in', LLM_API_KEY: '', DATABASE_URL: '', REDIS_URL: '' },
});
const stop = new AbortController();
let now: Progress | undefined;
const linesOf = (name: string): string[] => {
  try {
    return readFileSync(path.join(dir, name), 'utf8').split('\n').filter(Boolean);
  } catch {
    return [];
  }
};
/** Lines of a file that is replaced as a whole: read only where it was, for the kernel works in this process too. */
const counted = new Map<string, { readonly ino: number; readonly lines: number }>();
function countOf(name: string): number {
  const { ino } = statSync(path.join(dir, name));
  const known = counted.get(name);
  if (known?.ino === ino) return known.lines;
  const lines = linesOf(name).length;
  counted.set(name, { ino, lines });
  return lines;
}
/** Of seeds and of what was dropped: every trajectory has its place in one of them, by its task. */
const decided = (): number => countOf('seed_tasks.jsonl') + countOf('dropped_seeds.jsonl');
async function quiet(runs: number): Promise<void> {
  for (;;) {
    await sleep(100);
    if (now?.imported === runs && now.jobs.done === now.jobs.total) {
      await sleep(1_500);
      if (linesOf('clusters.jsonl').length >= runs && now.jobs.done === now.jobs.total) return;
    }
  }
}

let running: Promise<unknown> | undefined;
try {
  if (mode === 'append') {
    const first = Array.from({ length: RUNS }, (_, n) => line(n)).join('');
    writeFileSync(file, first);
  }
  running = kernel.get(SYNTHESIS).watch([folder], {
    signal: stop.signal,
    onProgress: (progress) => {
      now = progress;
    },
  });
  if (mode === 'append') {
    await quiet(RUNS);
    const took: number[] = [];
    for (let n = 0; n < APPENDS; n++) {
      const before = decided();
      const begun = performance.now();
      appendFileSync(file, line(RUNS + n));
      while (decided() === before && performance.now() - begun < 20_000) await sleep(5);
      took.push(performance.now() - begun - 2 * MODEL_MS);
      await sleep(200 + 50 * (n % 7));
    }
    took.sort((a, b) => a - b);
    const at = (share: number): string => `${(took[Math.floor(share * (took.length - 1))]! / 1_000).toFixed(2)} s`;
    process.stdout.write(
      `${RUNS} done, ${linesOf('seed_tasks.jsonl').length} seeds: append to seed without the model p50 ${at(0.5)}, p95 ${at(0.95)}, most ${at(1)}\n`,
    );
  } else {
    await sleep(500);
    const begun = performance.now();
    for (let n = 0; n < RUNS; n++) writeFileSync(path.join(folder, `run-${n}.json`), line(n));
    const written = performance.now() - begun;
    await quiet(RUNS);
    const essences = JSON.parse(readFileSync(path.join(dir, 'task_essences.json'), 'utf8')) as {
      readonly trajectory_id: string;
    }[];
    process.stdout.write(
      `${RUNS} files, written in ${(written / 1e3).toFixed(1)} s, done after ${((performance.now() - begun) / 1e3).toFixed(1)} s: ` +
        `${essences.length} essences, ${new Set(essences.map(({ trajectory_id }) => trajectory_id)).size} of different ones, ` +
        `${linesOf('clusters.jsonl').length} in clusters; ${now?.imported} imported, ${now?.duplicate} duplicate, ${now?.quarantined} quarantined\n`,
    );
  }
} finally {
  stop.abort();
  await running?.catch(() => undefined);
  await kernel.stop();
  model.kill();
  rmSync(dir, { recursive: true, force: true });
}
