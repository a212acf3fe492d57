/**
 * What the loop guard costs: `node test/bench/guard.bench.ts`. One guard that is told of each call as it comes, against one
 * that looks through the whole run again at each call.
 */
import { createGuard, type GuardedCall } from '#plugins/agent-runtime/api';

const CALLS = 400;
const MIXED = [
  'The quick brown fox',
  '2026-02-01T10:11:12.345Z worker[4711]: took 12.5 ms',
  '{"id": 17, "state": "sent", "total": 12.5}',
  '检查日志文件',
];
const text = (seed: number, length: number): string => {
  let made = '';
  for (let n = seed; made.length < length; n++) made += `${(n * 104_729) % 99_991} ${MIXED[n % MIXED.length]}\n`;
  return made.slice(0, length);
};
const run = (size: number, as: (text: string) => unknown = (each) => each): readonly GuardedCall[] => {
  // Cut out of one text, so that a run of large results needs no more memory than one.
  const all = text(1, size + CALLS * 64);
  return Array.from({ length: CALLS }, (_, n) => ({
    name: `tool-${n % 5}`,
    args: { path: `src/file-${n}.ts`, options: { depth: n % 4, all: true } },
    result: as(all.slice(n * 64, n * 64 + size)),
    ...(n % 9 === 0 && { error: `cannot open "file-${n}.ts": no such file` }),
  }));
};

const told = (calls: readonly GuardedCall[]): readonly number[] => {
  const guard = createGuard();
  return calls.map((call) => {
    const begun = performance.now();
    guard.before(call.name, call.args);
    guard.call(call);
    return performance.now() - begun;
  });
};
const at = (times: readonly number[], share: number): number =>
  [...times].sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * share))]!;
const show = (what: string, value: number, unit: string): void =>
  console.log(`${what.padEnd(58)} ${value.toFixed(4)} ${unit}`);

const rows = Array.from({ length: 20_000 }, (_, id) => ({ id, name: `row ${id}`, at: 1.7e12 + id }));
const records = run(64, (each) => ({ rows, last: each }));
const sizes: readonly (readonly [string, readonly GuardedCall[]])[] = [
  ['200 characters', run(200)],
  ['2 KiB', run(2_048)],
  ['20 KiB', run(20_480)],
  ['200 KiB', run(204_800)],
  ['10 MB', run(10_000_000)],
  ['10 MB as MCP content', run(10_000_000, (each) => ({ content: [{ type: 'text', text: each }] }))],
  ['20,000 records', records],
];
for (const [, calls] of sizes) told(calls);
for (const [name, calls] of sizes) {
  const times = Array.from({ length: 3 }, () => told(calls)).flat();
  show(`a call with its result of ${name}: mean`, times.reduce((sum, each) => sum + each, 0) / times.length, 'ms');
  show('  median', at(times, 0.5), 'ms');
  show('  99 %', at(times, 0.99), 'ms');
}

const calls = run(2_048);
const begun = performance.now();
told(calls);
const incremental = performance.now() - begun;
const again = performance.now();
for (let n = 1; n <= CALLS; n += 10) told(calls.slice(0, n));
const scanned = (performance.now() - again) * 10;
show(`${CALLS} calls, each told once`, incremental, 'ms');
show('  the whole run looked through at each call, against that', scanned / incremental, 'x');

const chat = text(3, 20_000);
const guard = createGuard();
const streamed = performance.now();
for (let n = 0; n < chat.length; n += 4) guard.stream(chat.slice(n, n + 4));
show('a piece of a stream of 4 characters', ((performance.now() - streamed) * 1_000) / (chat.length / 4), 'us');
const spoke = performance.now();
for (let n = 0; n < 200; n++) guard.message(text(n * 31, 2_000));
show('a message of 2,000 characters', (performance.now() - spoke) / 200, 'ms');
