import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HTTP_SERVER } from '#plugins/http/api';
import { TOOL_PLANE, type ToolPlane } from '#plugins/tool-client/api';
import { TOOL_REGISTRY } from '#plugins/tool-registry/api';
import { type BootedKernel, bootKernel } from '../../support/boot-kernel.ts';
import { FlakyProxy } from './flaky-proxy.ts';
import { bootClient, definition, listedServer } from './planes.ts';

const PIPELINE = path.resolve(import.meta.dirname, '../../../pipelines/server.yaml');
const SEED = Number(process.env.SEED ?? Date.now() % 100_000);
/** Who waits longer than this, with the way up, has been forgotten. */
const FORGOTTEN_MS = 8_000;
const WAITERS = 3;

const KINDS = [
  'told before the wait',
  'told while it waits',
  'socket dropped',
  'way down',
  'client restarted',
  'server restarted',
] as const;
type Kind = (typeof KINDS)[number];
const SHARES: Readonly<Record<Kind, number>> = {
  'told before the wait': 50,
  'told while it waits': 50,
  'socket dropped': 44,
  'way down': 40,
  'client restarted': 10,
  'server restarted': 6,
};

let state = SEED;
/** mulberry32: the same seed is the same run. */
function random(): number {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
}
const upTo = (most: number): number => Math.floor(random() * most);

const dir = mkdtempSync(path.join(tmpdir(), 'waiting-'));
writeFileSync(path.join(dir, 'mcp.json'), '{"mcpServers":{}}');
let server: BootedKernel;
let client: BootedKernel;
let proxy: FlakyProxy;
const disorder: string[] = [];

const bootServer = (): Promise<BootedKernel> =>
  bootKernel({
    pipeline: PIPELINE,
    watch: false,
    drop: false,
    plugins: { 'bundled-servers': 'off' },
    env: { PORT: '0', DATA_DIR: path.join(dir, 'data'), MCP_CONFIG: path.join(dir, 'mcp.json') },
  });
const portOf = (kernel: BootedKernel): number => kernel.get(HTTP_SERVER).address.port;

async function newClient(): Promise<void> {
  client = await bootClient(proxy.url);
  let { version } = client.get(TOOL_PLANE).view;
  client.get(TOOL_PLANE).onChange((view) => {
    if (version !== 0 && view.version !== version + 1) disorder.push(`${version} -> ${view.version}`);
    version = view.version;
  });
}

beforeAll(async () => {
  server = await bootServer();
  proxy = new FlakyProxy(portOf(server));
  await proxy.up();
  await newClient();
  await client.get(TOOL_PLANE).ready();
}, 60_000);
afterAll(async () => {
  await client?.stop();
  await proxy?.down();
  await server?.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** What an agent keeps of a wait; one that was resumed is there no more. */
interface Waiter {
  readonly tool: string;
  seen: number;
  resumed: number[];
}

async function wait(plane: ToolPlane, waiter: Waiter, signal: AbortSignal): Promise<void> {
  try {
    while (!plane.view.tools.has(waiter.tool)) waiter.seen = (await plane.changed(waiter.seen, signal)).version;
  } catch (error) {
    if (signal.aborted) return;
    throw error;
  }
  waiter.resumed.push(performance.now());
}

const register = (name: string): void => {
  server.get(TOOL_REGISTRY).register(listedServer(name, [definition('go')]));
};

/** One run; when the tool was there and the way was up. */
async function run(kind: Kind, name: string, waiters: readonly Waiter[], ending: AbortController): Promise<number> {
  const begin = (signal = ending.signal): void => {
    for (const waiter of waiters) void wait(client.get(TOOL_PLANE), waiter, signal);
  };
  switch (kind) {
    case 'told before the wait': {
      register(name);
      const at = performance.now();
      await sleep(upTo(60));
      begin();
      return at;
    }
    case 'told while it waits': {
      begin();
      await sleep(upTo(60));
      register(name);
      return performance.now();
    }
    case 'socket dropped': {
      const early = random() < 0.5;
      if (early) begin();
      if (random() < 0.5) proxy.drop();
      await sleep(upTo(40));
      register(name);
      const at = performance.now();
      await sleep(upTo(10));
      proxy.drop();
      if (!early) begin();
      return at;
    }
    case 'way down': {
      const ms = lengths.pop() ?? upTo(400);
      const before = upTo(ms);
      const early = random() < 0.5;
      if (early) begin();
      await proxy.down();
      await sleep(before);
      register(name);
      if (!early) begin();
      await sleep(ms - before);
      await proxy.up();
      return performance.now();
    }
    case 'client restarted': {
      const before = new AbortController();
      begin(before.signal);
      await sleep(upTo(30));
      if (random() < 0.5) register(name);
      before.abort();
      await client.stop();
      const late = !server.get(TOOL_REGISTRY).snapshot.servers.has(name);
      await newClient();
      begin();
      if (late) register(name);
      return performance.now();
    }
    case 'server restarted': {
      begin();
      await sleep(upTo(30));
      await server.stop();
      server = await bootServer();
      proxy.target = portOf(server);
      register(name);
      return performance.now();
    }
  }
}
/** For how long the way is down in a few runs; in the others it is shorter. */
const lengths = [10_000, 2_000, 1_000];

test('200 waits, whatever happens to the way: none is lost, none ends twice', { timeout: 180_000 }, async () => {
  const kinds = KINDS.flatMap((kind) => Array.from({ length: SHARES[kind] }, () => kind));
  for (let at = kinds.length - 1; at > 0; at--) {
    const other = upTo(at + 1);
    [kinds[at], kinds[other]] = [kinds[other]!, kinds[at]!];
  }
  const delays = new Map<Kind, number[]>(KINDS.map((kind) => [kind, []]));
  const lost: string[] = [];
  const twice: string[] = [];
  for (const [at, kind] of kinds.entries()) {
    const name = `run-${at}`;
    const ending = new AbortController();
    const { version } = client.get(TOOL_PLANE).view;
    const waiters = Array.from(
      { length: WAITERS },
      (): Waiter => ({ tool: `${name}__go`, seen: version, resumed: [] }),
    );
    const there = await run(kind, name, waiters, ending);
    const until = performance.now() + FORGOTTEN_MS;
    while (waiters.some(({ resumed }) => resumed.length === 0) && performance.now() < until) await sleep(1);
    for (const { resumed } of waiters) {
      if (resumed.length === 0) lost.push(`${name}: ${kind}`);
      // One that was told before it waited has no delay.
      else delays.get(kind)!.push(Math.max(0, resumed[0]! - there));
      if (resumed.length > 1) twice.push(`${name}: ${kind}`);
    }
    ending.abort();
    if (at % 10 === 0) server.get(TOOL_REGISTRY).unregister(name);
  }
  const all = [...delays.values()].flat();
  const line = (label: string, of: readonly number[]): string =>
    `  ${label}: ${of.length} waits, p50 ${at(of, 0.5)} ms, p95 ${at(of, 0.95)} ms, most ${at(of, 1)} ms`;
  console.log(
    [
      `seed ${SEED}: ${kinds.length} runs, ${lost.length} lost, ${twice.length} twice, ${disorder.length} out of order`,
      line('all', all),
      ...[...delays].map(([kind, of]) => line(kind, of)),
    ].join('\n'),
  );
  expect(lost).toEqual([]);
  expect(twice).toEqual([]);
  expect(disorder).toEqual([]);
});

const at = (of: readonly number[], share: number): number => {
  const sorted = [...of].sort((a, b) => a - b);
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0);
};
