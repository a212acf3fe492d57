import { readFileSync } from 'node:fs';
import { type Log, reason } from '#kernel';
import type { CompressionJob, Compressor, Message } from '#plugins/context/api';
import type { Llm } from '#plugins/llm/api';
import type { CompressorsConfig } from './config.ts';
import { pinnedOf, withAfterTask } from './pinned.ts';
import { keepRecent } from './recent.ts';
import { factsIn, summaryMessage, summarySchema, summaryText } from './summary.ts';
import { transcriptOf } from './transcript.ts';

/** Tokens of a word, for the length that the model is asked for; JSON around them needs some more. */
const TOKENS_PER_WORD = 1.5;

/**
 * Lets a model write one message in the place of all that is old; the task and the newest messages stay as they are. Only
 * a newest output that is too large for the target is cut, with or without a summary.
 */
export class SummarizeCompressor implements Compressor {
  readonly #llm: Llm | undefined;
  readonly #config: CompressorsConfig['summarize'];
  readonly #log: Log;
  #prompt: string | undefined;

  constructor(llm: Llm | undefined, config: CompressorsConfig['summarize'], log: Log) {
    this.#llm = llm;
    this.#config = config;
    this.#log = log;
  }

  get lacks(): string | undefined {
    if (this.#llm === undefined) return 'summarize needs a model: add plugin llm to the pipeline';
    const { profile } = this.#config;
    return this.#llm.model(profile) === undefined ? 'summarize needs a model: set llm.model (LLM_MODEL)' : undefined;
  }

  async compress(history: readonly Message[], job: CompressionJob): Promise<readonly Message[]> {
    const { counter, targetTokens } = job;
    const llm = this.#llm;
    if (llm === undefined || this.lacks !== undefined || counter.messages(history) <= targetTokens) return history;
    const pinned = pinnedOf(history);
    const former = history.filter(({ kind }) => kind === 'summary');
    const facts = [...new Set([...former.flatMap(factsIn), ...job.facts])];
    const longest = Math.min(this.#config.maxSummaryTokens, Math.floor(targetTokens / 4));
    const frame = counter.message(summaryMessage('', facts, history));
    const room = targetTokens - counter.messages([...pinned]) - frame - longest;
    const others = history.filter((message) => !former.includes(message));
    const { kept, dropped } = await keepRecent(
      others,
      pinned,
      Math.min(this.#config.keepRecent * targetTokens, room),
      job,
    );
    const old = [...former, ...dropped];
    const clipped = (): readonly Message[] => {
      const all = history.map((message) => kept.get(message) ?? message);
      return all.every((message, index) => message === history[index]) ? history : all;
    };
    // No longer than the summary would be: a call would win nothing.
    if (counter.messages(old) <= frame + longest || !job.takeSummary()) return clipped();
    const text = await this.#write(llm, old, longest, job);
    if (text === '') return clipped();
    const summary = summaryMessage(text, facts, old);
    if (counter.message(summary) < counter.messages(old)) return withAfterTask(history, kept, [summary]);
    this.#log.warn('A summary was longer than what it sums up: the history stays as it is.');
    return clipped();
  }

  /** Empty where it failed, or where the model had nothing to say. */
  async #write(llm: Llm, messages: readonly Message[], tokens: number, job: CompressionJob): Promise<string> {
    this.#prompt ??= readFileSync(new URL('./prompts/summarize.md', import.meta.url), 'utf8').trim();
    const words = String(Math.max(40, Math.floor(tokens / TOKENS_PER_WORD)));
    const transcript = transcriptOf(messages, this.#config.maxInputTokens, job.counter);
    try {
      const { value } = await llm.object(
        {
          profile: this.#config.profile,
          system: this.#prompt.replace('{{words}}', words),
          user: `<history>\n${transcript.replaceAll('</history>', '<\\/history>')}\n</history>`,
          name: 'summary',
          schema: summarySchema,
          maxOutputTokens: 2 * tokens + 500,
          ...(job.run !== undefined && { run: job.run }),
        },
        job.signal,
      );
      const text = summaryText(value, tokens, job.counter);
      if (text === '') this.#log.warn('The model gave an empty summary: the history stays as it is.');
      return text;
    } catch (error) {
      job.signal.throwIfAborted();
      this.#log.warn('No summary: older messages stay as they are.', { reason: reason(error) });
      return '';
    }
  }
}
