import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isFault } from '#kernel';
import {
  type CompressionJob,
  type Compressor,
  type Context,
  type Message,
  TokenCounter,
  toOpenAi,
} from '#plugins/context/api';
import compressors from '../../../plugins/compressors/index.ts';
import context from '../../../plugins/context/index.ts';
import { scriptedLlm } from '../context/open-context.ts';
import { openPlugin } from '../open-plugin.ts';
import { anyHistory } from './histories.ts';
import { unsound } from './sound.ts';

/** So many histories, each through every strategy and the default chain. */
const HISTORIES = Number(process.env.FUZZ_HISTORIES ?? 10_000);
const ANSWER = 200;
const FACTS = ['端口是 8471，不要改', 'Never touch /srv/prod'];
const counter = new TokenCounter();
const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'fuzz-'));

/** Models as they are: to the point, talkative, empty, or out of order. */
const ANSWERS: readonly (() => unknown)[] = [
  () => ({
    goal: '修复导入任务',
    state: 'half done',
    next_steps: ['read b.log'],
    facts: ['/srv/导入/a.log is broken'],
  }),
  () => ({
    state: '读取日志文件，遇到无法解析的行就会停止。'.repeat(80),
    files: Array.from({ length: 99 }, (_, n) => `f${n}`),
  }),
  () => ({}),
  () => {
    throw new Error('no answer');
  },
];
let isWilling = true;
const llm = scriptedLlm(() => ANSWERS[(isWilling ? 0 : 2) + (llm.asked.length % 2)]!());

let strategies: Readonly<Record<'none' | 'truncate' | 'prune' | 'summarize', Compressor>>;
let opened: { close(): Promise<void> };
beforeAll(async () => {
  const { plugin, close } = await openPlugin(compressors, { prune: { minOutputTokens: 20 } }, { llm });
  const { none, truncate, prune, summarize } = plugin;
  strategies = { none, truncate, prune, summarize };
  opened = { close };
});
afterAll(async () => {
  await opened.close();
  fs.rmSync(dir, { recursive: true, force: true });
});

const MORE: readonly Message[] = [0, 1, 2].map((n) => ({
  id: `more-${n}`,
  role: 'assistant',
  parts: [
    {
      type: 'tool',
      call: `more-${n}`,
      name: 'shell',
      args: '{}',
      state: 'done',
      output: '又读了一个文件 more '.repeat(200),
    },
  ],
  at: 1000 + n,
}));

const kept = new Map<string, string>();
const jobFor = (targetTokens: number): CompressionJob => ({
  targetTokens,
  counter,
  protectedTools: new Set(['load_skill']),
  facts: FACTS,
  keep: async (output) => {
    const id = createHash('sha256').update(output).digest('hex').slice(0, 16);
    kept.set(id, output);
    return { id, bytes: Buffer.byteLength(output) };
  },
  takeSummary: () => true,
  signal: new AbortController().signal,
});

/** What cannot be cut: pinned messages, the last one with its outputs at their shortest, and what a strategy adds. */
function floorOf(history: readonly Message[]): number {
  const task = history.find(({ kind }) => kind === 'task') ?? history.find(({ role }) => role === 'user')!;
  const person = history.findLast(({ role, kind }) => role === 'user' && (kind === undefined || kind === 'task'))!;
  const last = history.at(-1)!;
  const pinned = new Set([...history.filter(({ role }) => role === 'system'), task, person]);
  const shortest = last.parts.map((part) =>
    part.type === 'tool' && part.output !== undefined && part.name !== 'load_skill'
      ? { ...part, output: part.output.slice(0, 60) }
      : part,
  );
  const outputs = last.parts.filter(({ type }) => type === 'tool').length;
  const rest = pinned.has(last) ? 0 : counter.message({ ...last, parts: shortest }) + 80 * outputs;
  return counter.messages([...pinned]) + rest + 120;
}

/** By what goes over the wire: each call is followed by its answer, no answer stands alone. */
function paired(history: readonly Message[]): boolean {
  const open = new Set<string>();
  for (const { role, tool_calls, tool_call_id } of toOpenAi(history)) {
    if (role === 'tool') {
      if (!open.delete(tool_call_id!)) return false;
    } else {
      if (open.size > 0) return false;
      for (const { id } of tool_calls ?? []) open.add(id!);
    }
  }
  const running = history.at(-1)!.parts.filter((part) => part.type === 'tool' && part.state === 'pending').length;
  return open.size === running;
}

/** Throws what is wrong, without the cost of comparing where nothing is. */
function mustBeSound(before: readonly Message[], after: readonly Message[]): void {
  const wrong = unsound(before, after);
  if (wrong.length > 0 || !paired(after)) throw new Error(`unsound: ${wrong.join(', ') || 'unpaired on the wire'}`);
}
const mostly = (what: string, size: number, most: number): void => {
  if (size > most) throw new Error(`${what}: ${size} tokens, at most ${most}`);
};

const count: Record<string, number> = {};
const book = (what: string): void => {
  count[what] = (count[what] ?? 0) + 1;
};

async function strategyHolds(
  name: keyof typeof strategies,
  history: readonly Message[],
  target: number,
): Promise<void> {
  const after = await strategies[name].compress(history, jobFor(target));
  const size = counter.messages(after);
  mustBeSound(history, after);
  const floor = floorOf(history);
  if (name === 'truncate') mostly(name, size, Math.max(1.02 * target, floor));
  if (name === 'summarize' && isWilling) mostly(name, size, Math.max(1.02 * target, floor + target / 4));
  if (name === 'prune') mostly(name, size, counter.messages(history));
  for (const { parts } of after)
    for (const part of parts)
      if (part.type === 'tool' && part.pruned !== undefined && !kept.has(part.pruned.id))
        throw new Error(`${part.pruned.id} was not kept`);
  if (after !== history) book(`${name} edited`);
  if (size <= 1.02 * target) book(`${name} within the target`);
}

async function chainHolds(
  context: Context,
  name: string,
  history: readonly Message[],
  windowTokens: number,
): Promise<void> {
  const window = context.open({ messages: history, windowTokens });
  const room = windowTokens - ANSWER;
  // A summary is at most a quarter of what a strategy aims for, a quarter of the room, beside the facts.
  const summary = name === 'truncate' || name === 'prune' ? 0 : room / 16 + counter.text(FACTS.join('\n'));
  // What takes off less than a tenth is discarded.
  const floor = (floorOf(history) + summary) / 0.9 + 20;
  const cuts = name.includes('truncate') || (isWilling && name === 'default');
  try {
    const { messages, tokens, edits } = await window.fit({ system: 'Be careful.', tools: '[]', facts: FACTS });
    mustBeSound(history, messages);
    mostly(name, tokens, room);
    if (cuts && edits.length > 0) mostly(name, tokens, Math.max(1.02 * 0.6 * room, floor));
    book(edits.some(({ taken }) => taken) ? `${name} compressed` : `${name} untouched`);
    // It goes on, so the next edit is of what the last one left.
    if (messages.at(-1)!.parts.some((part) => part.type === 'tool' && part.state === 'pending')) return;
    for (const message of MORE) window.add(message);
    const longer = window.messages;
    mustBeSound(longer, (await window.fit({ system: 'Be careful.', tools: '[]', facts: FACTS })).messages);
    book(`${name} again`);
  } catch (error) {
    if (!isFault(error) || error.code !== 'CONTEXT_OVERFLOW' || error.data.cause !== 'tail') throw error;
    if (cuts && floor <= room) throw new Error(`overflow, though ${floor} tokens would fit into ${room}`);
    book(`${name} overflow`);
  }
}

const CHAINS: Readonly<Record<string, readonly string[] | undefined>> = {
  default: undefined,
  truncate: ['truncate'],
  prune: ['prune'],
  'prune, summarize, truncate': ['prune', 'summarize', 'truncate'],
};

test(`${HISTORIES} histories through every strategy and four chains`, { timeout: 180_000 }, async () => {
  const windows = await Promise.all(
    Object.entries(CHAINS).map(async ([name, compress]) => {
      const config = { outputs: { dir }, ...(compress && { compress: [...compress] }), answerTokens: ANSWER };
      const services = { compressors: new Map(Object.entries(strategies)) };
      return { name, ...(await openPlugin(context, config, services)) };
    }),
  );
  const share = fc.double({ min: 0.02, max: 1.1, noNaN: true });
  await fc.assert(
    fc.asyncProperty(anyHistory, share, fc.integer({ min: 1000, max: 8000 }), async (history, share, windowTokens) => {
      isWilling = windowTokens % 4 > 0;
      const target = Math.floor(share * counter.messages(history));
      for (const name of Object.keys(strategies) as (keyof typeof strategies)[])
        await strategyHolds(name, history, target);
      for (const { name, plugin } of windows) await chainHolds(plugin.context, name, history, windowTokens);
    }),
    { numRuns: HISTORIES },
  );
  for (const { close } of windows) await close();
  // It must have had something to do, or it shows nothing.
  for (const what of ['truncate edited', 'prune edited', 'summarize edited', 'default compressed'])
    expect(count[what], what).toBeGreaterThan(HISTORIES / 20);
  if (process.env.FUZZ_HISTORIES) console.log(count);
});
