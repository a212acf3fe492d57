// What synthesis costs, and how near it comes to what its model allows. The model stands in over HTTP in a process of its own.
//   node test/bench/synthesis.bench.ts cpu 10000       trajectories a CPU second, the model answers at once
//   node test/bench/synthesis.bench.ts latency 10000   wall time against calls x 200 ms / 32
//   node test/bench/synthesis.bench.ts ceiling 2000    a hidden ceiling of 8 calls at a time: when it is found, refusals after
//   node test/bench/synthesis.bench.ts again 10000     a second run over what is done
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SYNTHESIS } from '#plugins/synthesizer/api';
import { bootKernel } from '../support/boot-kernel.ts';
import { madeTrajectory } from '../support/made-trajectories.ts';
import type { ModelStats, SynthesisModelOptions } from '../support/synthesis-model.ts';

const [mode = 'cpu', size] = process.argv.slice(2);
const RUNS = Number(size ?? (mode === 'ceiling' ? 2_000 : 10_000));
const LATENCY_MS = 200;
const AT_ONCE = 32;
const CEILING = 8;
const MIB = 1_048_576;
const TAU = path.resolve(import.meta.dirname, '../../../shared/data/trajectories/tau-bench-airline/trajectories.jsonl');
const MODEL_OPTIONS: Readonly<Record<string, SynthesisModelOptions>> = {
  latency: { latencyMs: LATENCY_MS },
  ceiling: { latencyMs: LATENCY_MS, ceiling: CEILING },
};

/** Real conversations, each with a request of its own; made-up ones where the data are absent. */
function* records(): Generator<string> {
  const real = existsSync(TAU) ? readFileSync(TAU, 'utf8').trim().split('\n') : [];
  if (real.length === 0) process.stdout.write(`no data at ${TAU}: with made-up trajectories instead\n`);
  for (let n = 0; n < RUNS; n++) {
    const made = madeTrajectory(n) as { messages: readonly { role: string; content: string }[] };
    if (real.length === 0) {
      yield `${JSON.stringify(made)}\n`;
      continue;
    }
    const record = JSON.parse(real[n % real.length]!);
    record.task_id = n;
    record.trial = 0;
    const request = made.messages.find(({ role }) => role === 'user')!.content;
    for (const message of record.traj)
      if (message.role === 'user') {
        message.content = `${request} ${message.content.slice(0, 200)}`;
        break;
      }
    yield `${JSON.stringify(record)}\n`;
  }
}

const dir = mkdtempSync(path.join(tmpdir(), 'synthesis-bench-'));
const file = path.join(dir, 'runs.jsonl');
writeFileSync(file, '');
let text = '';
for (const record of records()) {
  text += record;
  if (text.length > MIB) {
    appendFileSync(file, text);
    text = '';
  }
}
appendFileSync(file, text);

const model = spawn(
  process.execPath,
  [path.join(import.meta.dirname, '../support/synthesis-model.ts'), JSON.stringify(MODEL_OPTIONS[mode] ?? {})],
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
const url = await new Promise<string>((resolve) =>
  model.stdout.once('data', (told: Buffer) => resolve(`${told}`.trim())),
);
const stats = async (): Promise<ModelStats> =>
  (await fetch(`${url.replace(/\/v1$/, '')}/stats`)).json() as Promise<ModelStats>;

const kernel = await bootKernel({
  pipeline: path.resolve(import.meta.dirname, '../../pipelines/base/synthesis.yaml'),
  mode: 'server',
  logLevel: 'warn',
  env: { DATA_DIR: dir, LLM_URL: url, LLM_MODEL: 'stand-in', LLM_API_KEY: '', DATABASE_URL: '', REDIS_URL: '' },
});
const synthesis = kernel.get(SYNTHESIS);
let peak = 0;
const watch = setInterval(() => {
  peak = Math.max(peak, process.memoryUsage.rss());
}, 100);

/** What it costs on this machine, now, to parse such records and to write them again, for all of them: noise is in both. */
function parsingCost(): number {
  const some: string[] = [];
  for (const record of records()) if (some.push(record) >= 500) break;
  const cpu = process.cpuUsage();
  for (const line of some) JSON.stringify(JSON.parse(line));
  const { user, system } = process.cpuUsage(cpu);
  return ((user + system) / 1e6 / some.length) * RUNS;
}

async function timed() {
  const [cpu, wall] = [process.cpuUsage(), performance.now()];
  const result = await synthesis.once([file], { signal: AbortSignal.timeout(3_600_000) });
  const used = process.cpuUsage(cpu);
  return { result, cpuS: (used.user + used.system) / 1e6, wallS: (performance.now() - wall) / 1e3 };
}

try {
  const megabytes = statSync(file).size / 1e6;
  const before = mode === 'cpu' ? parsingCost() : 0;
  const first = await timed();
  const parsing = mode === 'cpu' ? (before + parsingCost()) / 2 : 0;
  const { answered, limited, limitedBySecond, callsBySecond, most } = await stats();
  const { result, cpuS, wallS } = first;
  process.stdout.write(
    `${RUNS} trajectories, ${megabytes.toFixed(0)} MB: ${result.essences} essences, ${result.clusters} tasks, ${result.seeds} seeds, ${answered} calls\n` +
      `${wallS.toFixed(1)} s wall, ${cpuS.toFixed(1)} s CPU: ${(RUNS / cpuS).toFixed(0)} trajectories a CPU second, peak ${(peak / MIB).toFixed(0)} MiB\n`,
  );
  if (mode === 'cpu')
    process.stdout.write(`${(cpuS / parsing).toFixed(1)} times what it costs to parse the records and to write them\n`);
  if (mode === 'latency') {
    const ideal = (answered * LATENCY_MS) / 1_000 / AT_ONCE;
    process.stdout.write(`ideal ${ideal.toFixed(1)} s: ${(wallS / ideal).toFixed(3)} times that\n`);
  }
  if (mode === 'ceiling') {
    const ideal = (answered * LATENCY_MS) / 1_000 / CEILING;
    const after = (list: readonly number[], from: number): number =>
      list.slice(from).reduce((sum, n) => sum + (n ?? 0), 0);
    for (const from of [5, 10, 30, 60])
      process.stdout.write(
        `after ${from} s: ${((100 * after(limitedBySecond, from)) / Math.max(1, after(callsBySecond, from))).toFixed(2)} % refused\n`,
      );
    process.stdout.write(
      `${limited} refused in all, at most ${most} at once; ${(wallS / ideal).toFixed(3)} times the ideal\n`,
    );
  }
  if (mode === 'again') {
    const again = await timed();
    const calls = (await stats()).answered - answered;
    process.stdout.write(`again: ${again.wallS.toFixed(2)} s, ${calls} calls, ${again.result.duplicate} known\n`);
  }
} finally {
  clearInterval(watch);
  await kernel.stop();
  model.kill();
  rmSync(dir, { recursive: true, force: true });
}
