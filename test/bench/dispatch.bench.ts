import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import plugin from '../../plugins/tool-dispatch/index.ts';
import { SmallRegistry, spec } from '../plugins/tool-dispatch/support/registry.ts';

/**
 * CPU of this process per call, in microseconds: the dispatcher against a bare pipe to the same server, interleaved in one run.
 * `node test/bench/dispatch.bench.ts [rounds] [calls]`
 */
const rounds = Number(process.argv[2] ?? 5);
const calls = Number(process.argv[3] ?? 20_000);
const server = join(import.meta.dirname, 'support/raw-server.js');
const text = 'x'.repeat(64);

type Call = () => Promise<unknown>;

function barePipe(): { call: Call; end: () => void } {
  const child = spawn(process.execPath, [server], { stdio: ['pipe', 'pipe', 'ignore'] });
  const waiting = new Map<number, (value: unknown) => void>();
  let next = 1;
  let rest = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const message = JSON.parse(line) as { id: number };
      waiting.get(message.id)?.(message);
      waiting.delete(message.id);
    }
  });
  const call: Call = () =>
    new Promise((done) => {
      const id = next++;
      waiting.set(id, done);
      const params = { name: 'echo', arguments: { text } };
      child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params })}\n`);
    });
  return { call, end: () => child.kill() };
}

async function dispatched(): Promise<{ call: Call; end: () => Promise<void> }> {
  const dir = mkdtempSync(join(tmpdir(), 'dispatch-bench-'));
  const registry = new SmallRegistry();
  registry.observe = () => {};
  const silent = { debug() {}, info() {}, warn() {}, error() {} };
  const created = plugin.create({
    config: plugin.config.parse({ dir }),
    log: silent,
    events: { publish: () => {}, subscribe: () => () => {} },
    signal: new AbortController().signal,
    defer: () => {},
    id: 'tool-dispatch',
    generation: 1,
    registry,
    storage: undefined,
    telemetry: undefined,
    auth: undefined,
  });
  await created.start?.();
  registry.register(spec('raw', { launches: [{ kind: 'stdio', command: process.execPath, args: [server], env: {} }] }));
  await registry.ready('raw');
  const tool = registry.resolve('raw/echo');
  return {
    call: () => created.dispatcher.call(tool, { text }),
    end: async () => {
      await created.stop?.();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function cpuPerCall(call: Call, atOnce: number): Promise<number> {
  let left = calls;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await call();
  };
  const before = process.cpuUsage();
  await Promise.all(Array.from({ length: atOnce }, worker));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / calls;
}

const bare = barePipe();
const ours = await dispatched();
for (const call of [bare.call, ours.call]) await cpuPerCall(call, 16);
const best = new Map<string, number>();
for (let round = 0; round < rounds; round++)
  for (const atOnce of [1, 16, 64])
    for (const [name, call] of [
      ['bare pipe', bare.call],
      ['dispatcher', ours.call],
    ] as const) {
      const key = `${name} ${atOnce}`;
      best.set(key, Math.min(best.get(key) ?? Number.POSITIVE_INFINITY, await cpuPerCall(call, atOnce)));
    }
for (const atOnce of [1, 16, 64]) {
  const [pipe, mine] = [best.get(`bare pipe ${atOnce}`)!, best.get(`dispatcher ${atOnce}`)!];
  console.log(
    `${atOnce} at once: bare pipe ${pipe.toFixed(1)} us, dispatcher ${mine.toFixed(1)} us, ratio ${(mine / pipe).toFixed(2)}`,
  );
}
bare.end();
await ours.end();
