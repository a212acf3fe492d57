// What a step costs the loop that runs the agents, and how many steps a second go to disk.
//   node test/bench/recorder.bench.ts [STEPS]
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Recording, Step } from '#plugins/trajectory/api';
import storagePlugin from '../../plugins/storage/index.ts';
import trajectoryPlugin from '../../plugins/trajectory/index.ts';
import { openPlugin } from '../plugins/open-plugin.ts';

const STEPS = Number(process.argv[2] ?? 200_000);
const RUNS = 50;
/** Who writes as fast as it goes waits for the disk now and then, so that what waits stays bounded. */
const SETTLE_EVERY = 100;
const folder = mkdtempSync(join(tmpdir(), 'recorder-'));

/** The same numbers in every run (mulberry32). */
let seed = 7;
function random(): number {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
}

const WORDS =
  'the file was written and its content is {"path": "/home/user/project/src/index.ts", "line": 42}, see https://example.com/a?b=c for the flight from Paris to 东京 on 2026-05-17; status: ok, price 129.90 EUR, error: none key: value'.split(
    ' ',
  );
function text(length: number): string {
  let made = '';
  while (made.length < length) made += `${WORDS[Math.floor(random() * WORDS.length)]} `;
  return made.slice(0, length);
}
/** 200 characters to 20,000, half of them below 1,000 (log-normal). */
function outputLength(): number {
  const normal = Math.sqrt(-2 * Math.log(random() || 1e-9)) * Math.cos(2 * Math.PI * random());
  return Math.round(Math.min(20_000, Math.max(200, 1_000 * Math.exp(normal))));
}

const TOOLS = ['files/read', 'files/search', 'web/fetch', 'python-executor/python_execute', 'airline/book'];
/** A turn of an agent, as five steps: what the model said, what it chose, the call, its result. */
function turnOf(turn: number): Step[] {
  const at = Date.now();
  const tool = TOOLS[turn % TOOLS.length]!;
  const call = `call_${Math.floor(random() * 1e12).toString(36)}`;
  const args = { path: `/home/user/${call}`, query: text(80), limit: 10 };
  const said = { type: 'text', text: text(300) };
  const asked = { type: 'tool', call, name: tool, args: JSON.stringify(args), state: 'pending' };
  const llm = { model: 'some-model', inputTokens: 8_000, outputTokens: 200, usd: 0.01 };
  return [
    {
      kind: 'message',
      turn,
      at,
      output: { id: call, role: 'assistant', at, parts: [said, asked] },
      llm,
      durationMs: 900,
    },
    { kind: 'thought', turn, at, output: text(400) },
    { kind: 'tool_selection', turn, at, input: { call }, output: { selected_tool: tool }, success: true },
    { kind: 'tool_execution', turn, at, phase: 'begun', input: { call, tool, args } },
    {
      kind: 'tool_execution',
      turn,
      at,
      phase: 'ended',
      input: { call, tool, args },
      output: { text: text(outputLength()) },
      success: random() < 0.9,
      durationMs: 40,
    },
  ];
}
/** Enough of them, made beforehand, so that their making is not measured. */
const turns = Array.from({ length: 10_000 }, (_, turn) => turnOf(turn)).flat();
const outputs = turns.filter(({ phase }) => phase === 'ended');

/** No step is like another one: what is known already would be stored for nothing. */
function stepOf(mix: readonly Step[], n: number): Step {
  const step = mix[n % mix.length]!;
  if (step.phase !== 'ended') return step;
  return { ...step, output: { text: `${n} ${(step.output as { text: string }).text}` } };
}
const averageOf = (mix: readonly Step[]): number =>
  mix.reduce((all, step) => all + JSON.stringify(step).length, 0) / mix.length;

const storage = await openPlugin(storagePlugin, { dir: folder });
const dir = join(folder, 'trajectories');
const plugin = await openPlugin(trajectoryPlugin, { dir }, { storage: storage.plugin.storage });
const { trajectories } = plugin.plugin;
let runs = 0;
const begin = (): Promise<Recording[]> =>
  Promise.all(
    Array.from({ length: RUNS }, () =>
      trajectories.open({ id: `run-${++runs}`, task: 'bench', agent: 'bench', model: 'none', startedAt: Date.now() }),
    ),
  );
const finish = (recordings: readonly Recording[]) =>
  Promise.all(recordings.map((each) => each.finish({ reason: 'done', at: Date.now(), success: true })));
const ms = (value: number): string => `${value.toFixed(1)} ms`;
const us = (value: number): string => `${(value * 1_000).toFixed(1)} us`;
const at = (sorted: Float64Array, share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;

/** Every agent by itself: some steps, wait for the disk, on. */
async function throughput(what: string, mix: readonly Step[], count: number): Promise<void> {
  const recordings = await begin();
  const calls = new Float64Array(count);
  let next = 0;
  const cpu = process.cpuUsage();
  const loop = process.threadCpuUsage();
  const begun = performance.now();
  await Promise.all(
    recordings.map(async (recording) => {
      while (next < count) {
        for (let n = 0; n < SETTLE_EVERY && next < count; n++) {
          const step = stepOf(mix, next);
          const before = performance.now();
          recording.step(step);
          calls[next++] = performance.now() - before;
        }
        await recording.settled();
      }
    }),
  );
  const took = performance.now() - begun;
  const { user, system } = process.cpuUsage(cpu);
  const thread = process.threadCpuUsage(loop);
  await finish(recordings);
  calls.sort();
  console.log(
    `${what}, as fast as it goes: ${Math.round((count / took) * 1_000).toLocaleString('en')} steps/s, all of them on disk (${((count * averageOf(mix)) / took / 1e3).toFixed(0)} MB/s)`,
  );
  console.log(`  step(): p50 ${us(at(calls, 0.5))}, p99 ${us(at(calls, 0.99))}, max ${us(calls.at(-1)!)}`);
  console.log(
    `  a step, all in all: ${us((thread.user + thread.system) / 1_000 / count)} CPU of the loop's thread, ${us((user + system) / 1_000 / count)} CPU of all threads`,
  );
}

/** As agents do it: `perSecond` steps, a few each millisecond; beside it a timer that says how late it is. */
async function paced(perSecond: number, seconds: number): Promise<void> {
  const recordings = await begin();
  const calls: number[] = [];
  const settles: number[] = [];
  const measure = async (write: boolean) => {
    const late: number[] = [];
    const loop = process.threadCpuUsage();
    const begun = performance.now();
    let count = 0;
    for (let last = begun; last - begun < seconds * 1_000; ) {
      const due = ((last - begun) / 1_000) * perSecond;
      for (; count < due; count++) {
        if (!write) continue;
        const recording = recordings[count % RUNS]!;
        const step = stepOf(turns, count);
        const before = performance.now();
        recording.step(step);
        calls.push(performance.now() - before);
        if (count % SETTLE_EVERY === 0) void recording.settled().then(() => settles.push(performance.now() - before));
      }
      const slept = performance.now();
      await sleep(1);
      last = performance.now();
      late.push(last - slept - 1);
    }
    const { user, system } = process.threadCpuUsage(loop);
    return { late: Float64Array.from(late).sort(), cpu: (user + system) / 1_000, count };
  };
  const idle = await measure(false);
  const busy = await measure(true);
  await finish(recordings);
  const sorted = Float64Array.from(calls).sort();
  const settled = Float64Array.from(settles).sort();
  console.log(`${perSecond.toLocaleString('en')} steps/s for ${seconds} s:`);
  console.log(`  step(): p50 ${us(at(sorted, 0.5))}, p99 ${us(at(sorted, 0.99))}, max ${us(sorted.at(-1)!)}`);
  console.log(`  a step, all in all: ${us((busy.cpu - idle.cpu) / busy.count)} CPU of the loop's thread`);
  console.log(
    `  a timer is late: p50 ${ms(at(busy.late, 0.5))} p99 ${ms(at(busy.late, 0.99))} max ${ms(busy.late.at(-1)!)} (without steps: ${ms(at(idle.late, 0.5))} ${ms(at(idle.late, 0.99))} ${ms(idle.late.at(-1)!)})`,
  );
  console.log(`  settled(): p50 ${ms(at(settled, 0.5))}, p99 ${ms(at(settled, 0.99))}`);
}

/** JSON.stringify, write, fdatasync for each 100 steps: nothing masked, stored by hash, indexed or counted. */
async function bare(count: number): Promise<void> {
  const file: FileHandle = await open(join(folder, 'bare.jsonl'), 'w');
  const cpu = process.cpuUsage();
  const begun = performance.now();
  for (let from = 0; from < count; from += 100) {
    let lines = '';
    for (let n = from; n < from + 100; n++) lines += `${JSON.stringify(stepOf(turns, n))}\n`;
    await file.write(Buffer.from(lines));
    await file.datasync();
  }
  const took = performance.now() - begun;
  const { user, system } = process.cpuUsage(cpu);
  await file.close();
  console.log(
    `bare (stringify, write, fdatasync for each 100): ${Math.round((count / took) * 1_000).toLocaleString('en')} steps/s, ${us((user + system) / 1_000 / count)} CPU a step`,
  );
}

console.log(
  `${RUNS} runs at a time; turns: ${Math.round(averageOf(turns))} characters a step, outputs: ${Math.round(averageOf(outputs))}`,
);
await throughput('turns, cold', turns, 20_000);
await throughput('turns', turns, STEPS);
await throughput('outputs alone', outputs, STEPS / 2);
await paced(2_000, 5);
await bare(Math.min(STEPS, 100_000));

/** Short runs, until there are many. */
async function manyRuns(most: number, steps: number): Promise<void> {
  const begun = performance.now();
  const first = runs;
  await Promise.all(
    Array.from({ length: RUNS }, async () => {
      while (runs < most) {
        const id = `run-${++runs}`;
        const run = await trajectories.open({
          id,
          task: 'bench',
          agent: 'bench',
          model: 'none',
          startedAt: Date.now(),
        });
        for (let n = 0; n < steps; n++) run.step(stepOf(turns, runs * steps + n));
        await run.finish({ reason: 'done', at: Date.now() });
      }
    }),
  );
  const took = performance.now() - begun;
  console.log(
    `${(most - first).toLocaleString('en')} runs of ${steps} steps, opened, written, ended: ${ms(took / (most - first))} each`,
  );
  const gets = new Float64Array(100);
  for (let n = 0; n < gets.length; n++) {
    const before = performance.now();
    await trajectories.get(`run-${Math.ceil(random() * runs)}`);
    gets[n] = performance.now() - before;
  }
  gets.sort();
  const listing = performance.now();
  await trajectories.list({ limit: 20 });
  console.log(
    `of ${runs.toLocaleString('en')} runs: get one p50 ${ms(at(gets, 0.5))}, p90 ${ms(at(gets, 0.9))}; list 20 ${ms(performance.now() - listing)}`,
  );
}
await manyRuns(10_000, 10);

const bytes = readdirSync(dir, { recursive: true, encoding: 'utf8' }).reduce(
  (all, name) => all + statSync(join(dir, name)).size,
  0,
);
console.log(`on disk: ${(bytes / 1e6).toFixed(0)} MB, memory: ${Math.round(process.memoryUsage().rss / 1e6)} MB`);
const counted = (await trajectories.statistics()).reduce((all, { calls }) => all + calls, 0);
console.log(`counted: ${counted.toLocaleString('en')} tool uses`);
await plugin.close();
await storage.close();
rmSync(folder, { recursive: true, force: true });
