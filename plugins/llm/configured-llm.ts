import { isFault, type Log, reason } from '#kernel';
import type { ChatAnswer, ChatRequest, Llm, ObjectAnswer, ObjectRequest, Spending, Usage } from './api.ts';
import { Asking } from './asking.ts';
import { chat } from './chat-call.ts';
import type { LlmConfig } from './config.ts';
import { embed } from './embedding.ts';
import { notConfigured } from './llm-faults.ts';
import type { LlmMetrics } from './metrics.ts';
import { object } from './object-call.ts';
import { Ledger } from './prices/ledger.ts';
import { PriceList } from './prices/price-list.ts';
import { readPrices } from './prices/prices-file.ts';
import { embeddingOf, type Profile, profileOf } from './profiles.ts';
import { Turns } from './turns.ts';
import { plus } from './usage.ts';

interface Around {
  readonly log: Log;
  /** No call outlives the plugin. */
  readonly ending: AbortSignal;
  readonly metrics: LlmMetrics | undefined;
}

/** The models of the configuration. */
export class ConfiguredLlm implements Llm {
  readonly #config: LlmConfig;
  readonly #around: Around;
  readonly #asking = new Asking();
  readonly #turns = new Turns();
  readonly ledger: Ledger;
  #prices = new PriceList({});
  /** Why there are no prices. */
  pricesProblem: string | undefined;
  /** Since the start, for status. */
  readonly used = { calls: 0, failed: 0, inputTokens: 0, outputTokens: 0, embedded: 0 };

  constructor(config: LlmConfig, around: Around) {
    this.#config = config;
    this.#around = around;
    this.ledger = new Ledger(config.runsKept);
  }

  /** A mistake in the file stops nobody: then no model has a price, and health says why. */
  async start(): Promise<void> {
    try {
      this.#prices = new PriceList(await readPrices(this.#config.prices));
    } catch (error) {
      this.pricesProblem = isFault(error)
        ? error.message.replaceAll('\n', '; ')
        : `${this.#config.prices}: ${reason(error)}`;
      this.#around.log.error(`LLM_PRICES_INVALID: no model has a price: ${this.pricesProblem}`);
    }
  }

  model(profile?: string): string | undefined {
    const { model, url, apiKey } = profileOf(this.#config, profile);
    // A provider's own address takes nobody without a key.
    return url === '' && apiKey === '' ? undefined : model || undefined;
  }

  get profiles(): readonly string[] {
    return [...new Set(['default', ...Object.keys(this.#config.profiles)])];
  }

  get embeddingModel(): string | undefined {
    return embeddingOf(this.#config).model || undefined;
  }

  object<T>(request: ObjectRequest<T>, signal?: AbortSignal): Promise<ObjectAnswer<T>> {
    return this.#call(request, signal, (profile, until, used) => object(this.#asking, profile, request, until, used));
  }

  chat(request: ChatRequest, signal?: AbortSignal): Promise<ChatAnswer> {
    return this.#call(request, signal, (profile, until, used) => chat(this.#asking, profile, request, until, used));
  }

  async embed(texts: readonly string[], signal?: AbortSignal): Promise<readonly Float32Array[]> {
    const config = embeddingOf(this.#config);
    let usage: Usage | undefined;
    const vectors = await embed(config, this.#config, texts, this.#until(signal), (some) => {
      usage = plus(usage, some);
    });
    if (usage !== undefined) this.#book(config.model, undefined, usage);
    this.used.embedded += texts.length;
    return vectors;
  }

  price(usage: Usage, profile?: string): number | undefined {
    return this.#prices.usd(this.model(profile) ?? '', usage);
  }

  spent(of: { readonly run?: string; readonly model?: string }): Spending {
    return this.ledger.spent(of);
  }

  /** In its turn, and whatever comes of it counts. */
  async #call<A extends { readonly usage: Usage }>(
    { profile: name, run }: { readonly profile?: string; readonly run?: string },
    signal: AbortSignal | undefined,
    work: (profile: Profile, until: AbortSignal, used: (usage: Usage) => void) => Promise<A>,
  ): Promise<A & { readonly usd?: number }> {
    const profile = profileOf(this.#config, name);
    const { model } = profile;
    if (model === '') throw notConfigured('model');
    const until = this.#until(signal);
    const done = await this.#turns.take(`${profile.address} ${model}`, profile.concurrency, until);
    this.used.calls++;
    let usage: Usage | undefined;
    let outcome = 'ok';
    try {
      const answer = await work(profile, until, (some) => {
        usage = plus(usage, some);
      });
      const usd = this.#prices.usd(model, answer.usage);
      return { ...answer, ...(usd !== undefined && { usd }) };
    } catch (error) {
      this.used.failed++;
      outcome = isFault(error) ? error.code : 'aborted';
      throw error;
    } finally {
      done();
      this.#book(model, run, usage);
      this.#around.metrics?.called(model, outcome);
    }
  }

  #book(model: string, run: string | undefined, usage: Usage | undefined): void {
    const usd = usage && this.#prices.usd(model, usage);
    this.ledger.add({ model, ...(run !== undefined && { run }) }, usage, usd);
    if (usage === undefined) return;
    this.used.inputTokens += usage.input;
    this.used.outputTokens += usage.output;
    this.#around.metrics?.used(model, usage, usd);
  }

  #until(signal: AbortSignal | undefined): AbortSignal {
    const { ending } = this.#around;
    return signal === undefined ? ending : AbortSignal.any([signal, ending]);
  }
}
