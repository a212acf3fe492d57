import { createHash } from 'node:crypto';
import { type CompressionJob, type Message, type Part, TokenCounter, type ToolPart } from '#plugins/context/api';
import compressors from '../../../plugins/compressors/index.ts';
import { type Script, scriptedLlm } from '../context/open-context.ts';
import { openPlugin } from '../open-plugin.ts';

export const counter = new TokenCounter();

/** The strategies, with a scripted model where `summary` is given. */
export async function openCompressors(options: object = {}, summary?: Script['summary']) {
  const llm = summary === undefined ? undefined : scriptedLlm(summary);
  const { plugin, lines, close } = await openPlugin(compressors, options, { llm });
  return { strategies: plugin, llm, lines, close };
}

export interface TestJob extends CompressionJob {
  /** Whole outputs by id. */
  readonly kept: Map<string, string>;
  summaries: number;
}

export function jobFor(targetTokens: number, more: Partial<CompressionJob> = {}): TestJob {
  const job: TestJob = {
    targetTokens,
    counter,
    protectedTools: new Set(['load_skill']),
    facts: [],
    kept: new Map(),
    keep: async (output) => {
      const id = createHash('sha256').update(output).digest('hex').slice(0, 16);
      job.kept.set(id, output);
      return { id, bytes: Buffer.byteLength(output) };
    },
    summaries: 0,
    takeSummary: () => ++job.summaries <= 2,
    signal: new AbortController().signal,
    ...more,
  };
  return job;
}

export const user = (id: string, text: string, kind?: Message['kind']): Message => ({
  id,
  role: 'user',
  ...(kind && { kind }),
  parts: [{ type: 'text', text }],
  at: 0,
});

export const calls = (id: string, ...made: (Partial<ToolPart> & { output: string })[]): Message => ({
  id,
  role: 'assistant',
  parts: made.map(
    (one, n): Part => ({ type: 'tool', call: `${id}-${n}`, name: 'shell', args: '{}', state: 'done', ...one }),
  ),
  at: 0,
});

/** Lines that differ, about ten tokens each. */
export const lines = (what: string, count: number): string =>
  Array.from({ length: count }, (_, n) => `${what} line ${n}: the value is read`).join('\n');

export const outputsOf = (history: readonly Message[]): (string | undefined)[] =>
  history.flatMap(({ parts }) => parts.flatMap((part) => (part.type === 'tool' ? [part.output] : [])));
export const idsOf = (history: readonly Message[]): string[] => history.map(({ id }) => id);
export const textsOf = (message: Message | undefined): string =>
  (message?.parts ?? []).flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');
