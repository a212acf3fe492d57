// What a step of the agent costs besides its model and its tools: a run of 200 steps with 10 tools, everything real but the
// model, which stands in over HTTP in a process of its own.   node --expose-gc test/bench/agent.bench.ts [STEPS]
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AGENT } from '#plugins/agent-runtime/api';
import { TRAJECTORIES } from '#plugins/trajectory/api';
import { bootKernel } from '../support/boot-kernel.ts';

const STEPS = Number(process.argv[2] ?? 200);
const TOOLS = 10;
const WARM = 20;
const MIB = 1_048_576;

const dir = mkdtempSync(join(tmpdir(), 'agent-bench-'));
const plugin = join(dir, 'plugins', 'bench-tools');
mkdirSync(plugin, { recursive: true });
writeFileSync(
  join(plugin, 'index.ts'),
  `import { definePlugin, many } from '#kernel';
import { FUNCTION_TOOLS } from '#plugins/tool-registry/api';
import { z } from 'zod';
const text = 'A line of what a tool says, about as long as such lines are. '.repeat(30);
export default definePlugin({
  name: 'bench-tools', summary: 'Tools of a benchmark.', config: z.strictObject({}),
  provides: { tools: many(FUNCTION_TOOLS, 'bench') },
  create: () => ({ tools: { tools: Array.from({ length: ${TOOLS} }, (_, n) => ({
    name: 'look' + n, description: 'Looks at the thing with this number.', parameters: z.object({ at: z.number() }),
    run: ({ at }) => 'Thing ' + at + ': ' + text,
  })) } }),
});\n`,
);

const model = spawn(
  process.execPath,
  [join(import.meta.dirname, 'support', 'stepping-model.ts'), String(STEPS), String(TOOLS)],
  {
    stdio: ['ignore', 'pipe', 'inherit'],
  },
);
const url = await new Promise<string>((resolve) => model.stdout.once('data', (line) => resolve(String(line).trim())));

const kernel = await bootKernel({
  dirs: [join(dir, 'plugins')],
  plugins: {
    storage: { dir: join(dir, 'data') },
    'tool-registry': {},
    'tool-dispatch': { dir: join(dir, 'data') },
    'bench-tools': {},
    llm: { url, model: 'scripted' },
    'tool-client': {},
    context: { outputs: { dir: join(dir, 'context') } },
    compressors: {},
    trajectory: { dir: join(dir, 'trajectories') },
    'agent-runtime': { budget: { steps: STEPS + 10, tokens: 1_000_000_000 }, guard: { off: ['no_progress'] } },
  },
  logLevel: 'warn',
});
try {
  const marks: { readonly at: number; toolMs: number }[] = [];
  const memory: { readonly rss: number; readonly held: number }[] = [];
  const result = await kernel.get(AGENT).run(
    { id: 'bench', description: 'Look at everything.' },
    {
      signal: new AbortController().signal,
      onEvent: (event) => {
        if (event.type === 'step') marks.push({ at: performance.now(), toolMs: 0 });
        if (event.type === 'result') marks.at(-1)!.toolMs += event.durationMs;
        if (event.type !== 'step' || marks.length % 10 !== 0) return;
        globalThis.gc?.();
        const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
        memory.push({ rss: rss / MIB, held: (heapUsed + arrayBuffers) / MIB });
      },
    },
  );
  if (result.stop.kind !== 'done') throw new Error(`it stopped: ${result.stop.message}`);
  const { records } = await kernel.get(TRAJECTORIES).get('bench');
  const llmMs = records.filter(({ llm }) => llm !== undefined).map(({ durationMs }) => durationMs!);
  const outside = marks.slice(1).map(({ at }, n) => at - marks[n]!.at - marks[n]!.toolMs - llmMs[n + 1]!);
  const settled = outside.slice(WARM).toSorted((a, b) => a - b);
  const show = (share: number): string => settled[Math.floor(settled.length * share)]!.toFixed(2);
  process.stdout.write(`${marks.length} steps, ${result.spent.input} input tokens; a step besides model and tools: `);
  process.stdout.write(`median ${show(0.5)} ms, p95 ${show(0.95)} ms\n`);
  for (const share of [0.1, 0.25, 0.5, 0.75, 0.999]) {
    const { rss, held } = memory[Math.floor(memory.length * share)]!;
    const at = Math.round(share * 100);
    process.stdout.write(`memory at ${at} %: ${rss.toFixed(0)} MiB, of which ${held.toFixed(1)} held\n`);
  }
} finally {
  await kernel.stop();
  model.kill();
  rmSync(dir, { recursive: true, force: true });
}
