import { setTimeout as sleep } from 'node:timers/promises';
import { askAnthropic } from './anthropic/ask.ts';
import type { ChatDelta, Usage } from './api.ts';
import { Dialects } from './dialects.ts';
import { failureOf, llmFault } from './llm-faults.ts';
import { askOpenAi } from './openai/ask.ts';
import type { Profile } from './profiles.ts';
import { CutOff, type Provider, type Question, type Said } from './provider.ts';
import { pauseOf } from './retry-after.ts';
import { plus, UsageEstimate } from './usage.ts';
import { Watch } from './watch.ts';

const PROVIDERS: Readonly<Record<Profile['provider'], Provider>> = { openai: askOpenAi, anthropic: askAnthropic };

export interface Answered {
  readonly said: Said;
  /** Of all attempts. */
  readonly usage: Usage;
  readonly attempts: number;
}

export interface Listener {
  tell(delta: ChatDelta): void;
  /** What attempts used, those that failed too. */
  used(usage: Usage): void;
}

/** Has a question answered: again where an attempt failed, and in other words where the endpoint does not know these. */
export class Asking {
  readonly #dialects = new Dialects();
  readonly #estimate = new UsageEstimate();

  async ask(profile: Profile, question: Question, until: AbortSignal, listener: Listener): Promise<Answered> {
    let usage: Usage | undefined;
    for (let attempts = 1, failed = 0; ; attempts++) {
      const dialect = this.#dialects.of(profile);
      let told = false;
      let thrown: { readonly error: unknown } | undefined;
      // What the caller's function throws is the caller's.
      const tell = (delta: ChatDelta): void => {
        told = true;
        try {
          listener.tell(delta);
        } catch (error) {
          thrown = { error };
          throw error;
        }
      };
      const totalMs = question.shape === undefined ? profile.chatTimeoutMs : profile.timeoutMs;
      const idleMs = question.shape === undefined ? profile.idleMs : totalMs;
      const watch = new Watch(until, { totalMs, idleMs });
      try {
        const { signal, alive } = watch;
        const timed = { ...profile, timeoutMs: totalMs };
        const said = await PROVIDERS[profile.provider](question, { profile: timed, dialect, signal, alive, tell });
        const counted = this.#estimate.checked(question, said);
        listener.used(counted);
        return { said, usage: plus(usage, counted)!, attempts };
      } catch (error) {
        if (thrown !== undefined) throw thrown.error;
        if (until.aborted) throw llmFault(error, profile, until);
        const why = explained(error, watch.ended);
        const lost = this.#lost(question, why);
        if (lost !== undefined) listener.used(lost);
        usage = plus(usage, lost);
        if (this.#dialects.learn(dialect, why)) continue;
        const { mayRetry, retryAfterMs } = failureOf(why);
        if (!mayRetry || ++failed > profile.retries) throw llmFault(why, profile, until);
        watch.close();
        await sleep(pauseOf(failed, profile, retryAfterMs), undefined, { signal: until }).catch(() => {});
        if (until.aborted) throw llmFault(why, profile, until);
        if (told) listener.tell({ type: 'restart' });
      } finally {
        watch.close();
      }
    }
  }

  /** What an answer cost that is lost. */
  #lost(question: Question, error: unknown): Usage | undefined {
    if (!(error instanceof CutOff) || error.parts.length === 0) return undefined;
    const counted = this.#estimate.checked(question, error);
    // What was reported at the beginning knows nothing of the output.
    const output = Math.max(counted.output, this.#estimate.of(question, error.parts).output);
    return { ...counted, output, estimated: true };
  }
}

/** The packages say that a request was aborted; the watch knows why. */
function explained(error: unknown, ended: Error | undefined): unknown {
  if (ended === undefined) return error;
  return error instanceof CutOff ? new CutOff(error, ended) : ended;
}
