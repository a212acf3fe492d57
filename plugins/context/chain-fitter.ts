import { type Log, reason } from '#kernel';
import type { CompressionEdit, Compressor, Fitted } from './api.ts';
import { type ContextConfig, DEFAULT_CHAIN } from './config.ts';
import type { FitJob, Fitter } from './fitter.ts';
import { freeze } from './freeze.ts';
import { inTime } from './in-time.ts';
import { brokenRule } from './invariants.ts';
import type { Message } from './message.ts';
import { overflow } from './overflow.ts';
import type { PrunedOutputs } from './pruned-outputs.ts';

interface Parts {
  readonly config: ContextConfig;
  /** A live map: strategies come and go as plugins do. */
  readonly compressors: ReadonlyMap<string, Compressor>;
  readonly outputs: PrunedOutputs;
  readonly log: Log;
}

/** Asks the strategies in their order, judges what each returns, and stops as soon as it is enough. */
export class ChainFitter implements Fitter {
  readonly #parts: Parts;
  /** Since the start, by strategy. */
  readonly edits: Record<string, { taken: number; discarded: number }> = {};

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  get chain(): readonly string[] {
    const { config, compressors } = this.#parts;
    return config.compress ?? DEFAULT_CHAIN.filter((name) => compressors.has(name));
  }

  async shorten(job: FitJob): Promise<Fitted> {
    const { config } = this.#parts;
    const { counter, fixed, turn, options } = job;
    const windowTokens = options.windowTokens ?? config.windowTokens;
    const answerTokens = Math.min(options.answerTokens ?? config.answerTokens, Math.floor(windowTokens / 2));
    const room = windowTokens - answerTokens;
    const systemTokens = counter.text(fixed.system);
    const toolTokens = counter.text(fixed.tools);
    const countOf = (messages: readonly Message[]): number =>
      job.next(systemTokens + toolTokens + counter.messages(messages));
    let messages = job.messages;
    let tokens = countOf(messages);
    const edits: CompressionEdit[] = [];
    const fitted = (): Fitted => ({ messages, tokens, systemTokens, toolTokens, edits });
    const trigger = config.triggerShare * room;
    if (tokens <= trigger) turn.restUntil = 0;
    if (tokens <= trigger || (tokens <= room && tokens < turn.restUntil)) return fitted();

    for (const strategy of this.chain) {
      job.signal.throwIfAborted();
      const begun = performance.now();
      const tried = await this.#try(strategy, job, messages, this.#targetOf(job, room));
      const before = tokens;
      if (tried.messages !== undefined) {
        messages = tried.messages;
        tokens = countOf(messages);
      }
      const durationMs = performance.now() - begun;
      const edit: CompressionEdit = {
        strategy,
        before,
        after: tokens,
        taken: tried.messages !== undefined,
        ...(tried.why !== undefined && { why: tried.why }),
        durationMs,
      };
      edits.push(edit);
      this.#tell(edit, job);
      if (tokens <= config.enoughShare * room) break;
    }
    turn.restUntil = tokens > trigger ? tokens + config.minShrink * room : 0;
    if (tokens <= room) return fitted();
    const messageTokens = counter.messages(messages);
    throw overflow({ systemTokens, toolTokens, messageTokens, roomTokens: room, windowTokens, answerTokens }, edits);
  }

  /** For the messages, as the counter counts: the provider may count more or less than that. */
  #targetOf({ counter, fixed, next }: FitJob, room: number): number {
    const perToken = (next(2_000_000) - next(1_000_000)) / 1_000_000;
    const raw = 1_000_000 + (room - next(1_000_000)) / perToken;
    return Math.max(
      0,
      Math.floor(this.#parts.config.targetShare * (raw - counter.text(fixed.system) - counter.text(fixed.tools))),
    );
  }

  async #try(
    strategy: string,
    { counter, fixed, turn, signal, options }: FitJob,
    before: readonly Message[],
    targetTokens: number,
  ): Promise<{ messages?: readonly Message[]; why?: string }> {
    const { config, compressors, outputs } = this.#parts;
    const compressor = compressors.get(strategy);
    if (compressor === undefined) return { why: 'no plugin provides it now' };
    let after: readonly Message[];
    try {
      after = await inTime(config.strategyTimeoutMs, signal, (limited) =>
        compressor.compress(before, {
          targetTokens,
          counter,
          protectedTools: new Set(config.protectedTools),
          facts: fixed.facts ?? [],
          keep: (output) => outputs.keep(output),
          takeSummary: () => turn.summaries < config.maxSummariesPerTurn && ++turn.summaries > 0,
          ...(options.run !== undefined && { run: options.run }),
          signal: limited,
        }),
      );
    } catch (error) {
      signal.throwIfAborted();
      return { why: `it failed: ${reason(error)}` };
    }
    if (after === before) return { why: 'it found nothing to shorten' };
    const broken = brokenRule(before, after);
    if (broken !== undefined) return { why: broken };
    const [size, smaller] = [counter.messages(before), counter.messages(after)];
    if (smaller > size * (1 - config.minShrink)) return { why: `it made ${smaller} tokens of ${size}` };
    return { messages: Object.freeze(after.map(freeze)) };
  }

  #tell(edit: CompressionEdit, { options }: FitJob): void {
    const { log } = this.#parts;
    const { strategy, before, after, taken, why } = edit;
    this.edits[strategy] ??= { taken: 0, discarded: 0 };
    this.edits[strategy][taken ? 'taken' : 'discarded']++;
    const durationMs = Math.round(edit.durationMs);
    if (taken) log.info('History compressed.', { strategy, before, after, durationMs });
    else log.debug('A compression was discarded.', { strategy, why, tokens: before, durationMs });
    try {
      options.onCompressed?.(edit);
    } catch (error) {
      log.warn('A listener of compressions failed.', { reason: reason(error) });
    }
  }
}
