import type { Llm, ObjectAnswer, ObjectRequest } from './api.ts';
import { Clients } from './client.ts';
import type { LlmConfig } from './config.ts';
import { embed } from './embedding.ts';
import { notConfigured } from './llm-faults.ts';
import { ObjectCalls } from './object-call.ts';
import { embeddingOf, profileOf } from './profiles.ts';
import { Turns } from './turns.ts';

/** The models of the configuration. `ending`: no call outlives the plugin. */
export class ConfiguredLlm implements Llm {
  readonly #config: LlmConfig;
  readonly #ending: AbortSignal;
  readonly #clients = new Clients();
  readonly #objects = new ObjectCalls(this.#clients);
  readonly #turns = new Turns();
  /** Since the start, for status. */
  readonly used = { calls: 0, failed: 0, inputTokens: 0, outputTokens: 0, embedded: 0 };

  constructor(config: LlmConfig, ending: AbortSignal) {
    this.#config = config;
    this.#ending = ending;
  }

  model(profile?: string): string | undefined {
    return profileOf(this.#config, profile).model || undefined;
  }

  get embeddingModel(): string | undefined {
    return embeddingOf(this.#config).model || undefined;
  }

  async object<T>(request: ObjectRequest<T>, signal?: AbortSignal): Promise<ObjectAnswer<T>> {
    const profile = profileOf(this.#config, request.profile);
    if (profile.model === '') throw notConfigured('model');
    const until = this.#until(signal);
    const done = await this.#turns.take(`${profile.url} ${profile.model}`, profile.concurrency, until);
    this.used.calls++;
    try {
      const answer = await this.#objects.call(profile, request, until);
      this.used.inputTokens += answer.usage.input;
      this.used.outputTokens += answer.usage.output;
      return answer;
    } catch (error) {
      this.used.failed++;
      throw error;
    } finally {
      done();
    }
  }

  async embed(texts: readonly string[], signal?: AbortSignal): Promise<readonly Float32Array[]> {
    const vectors = await embed(this.#clients, embeddingOf(this.#config), texts, this.#until(signal));
    this.used.embedded += texts.length;
    return vectors;
  }

  #until(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? this.#ending : AbortSignal.any([signal, this.#ending]);
  }
}
