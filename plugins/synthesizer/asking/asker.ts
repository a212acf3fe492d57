import { randomUUID } from 'node:crypto';
import { fault, isFault } from '#kernel';
import type { Llm } from '#plugins/llm/api';
import type { Redactor } from '#plugins/redaction/api';
import type { Storage } from '#plugins/storage/api';
import { Gathered } from '#plugins/storage/api';
import type { Ask, Question } from '../api.ts';
import { type Attempt, attemptRow, type CallRow, keptCalls, putAttempt, putCall } from '../store/call-table.ts';
import type { WriteGroup } from '../store/write-group.ts';
import type { Budget } from './budget.ts';
import { callKey, textHash } from './call-key.ts';

export interface Asking {
  readonly stage: string;
  readonly trajectory: string;
  readonly signal: AbortSignal;
}
/** What a job asked, for its lineage. */
export interface Asked {
  readonly ask: Ask;
  readonly calls: CallRow[];
  /** The answers are durable when it resolves. What is made of them can be written in the meantime: it comes after them. */
  readonly kept: () => Promise<void>;
}
interface Answer {
  readonly row: CallRow;
  readonly kept: Promise<void>;
}
export interface AskLimits {
  readonly maxUsd: number;
  readonly maxCalls: number;
  readonly maxOutputTokens: number;
  readonly profile: string;
}

/** Of which a model with a price says what it costs. */
const MOST_PROMPTS = 100;

/** In order of time: what is written together lies together in the index. */
const attemptId = (): string => `${Date.now().toString(36)}-${randomUUID().slice(0, 18)}`;

const A_CALL = { input: 1_000, output: 100 } as const;

/** Asks the model, each question once: an answer is kept under the key of everything that decides it. */
export class Asker {
  readonly #storage: Storage;
  readonly #writes: WriteGroup;
  readonly #llm: Llm | undefined;
  readonly #redactor: Redactor;
  readonly budget: Budget;
  limits: AskLimits;
  /** True while files are made anew from what is kept. */
  offline = false;
  readonly #flying = new Map<string, Promise<Answer>>();
  readonly #known: Gathered<CallRow>;
  readonly #hashes = new Map<string, string>();

  constructor(
    parts: {
      readonly storage: Storage;
      readonly writes: WriteGroup;
      readonly llm: Llm | undefined;
      readonly redactor: Redactor;
      readonly budget: Budget;
    },
    limits: AskLimits,
  ) {
    this.#storage = parts.storage;
    this.#writes = parts.writes;
    this.#llm = parts.llm;
    this.#redactor = parts.redactor;
    this.budget = parts.budget;
    this.limits = limits;
    this.#known = new Gathered((keys) => keptCalls(parts.storage, keys));
  }

  get model(): string | undefined {
    return this.#llm?.model(this.limits.profile);
  }

  for(job: Asking): Asked {
    const calls: CallRow[] = [];
    const writes: Promise<void>[] = [];
    const ask: Ask = async <T>(question: Question<T>) => {
      const { row, kept } = await this.#answered(question, job);
      calls.push(row);
      writes.push(kept);
      return row.answer as T;
    };
    return { ask, calls, kept: async () => void (await Promise.all(writes)) };
  }

  /** Of a prompt, of which there are few. */
  #hashOf(prompt: string): string {
    const known = this.#hashes.get(prompt) ?? textHash(prompt);
    if (this.#hashes.size < MOST_PROMPTS) this.#hashes.set(prompt, known);
    return known;
  }

  /** The same question at the same time is asked once. */
  async #answered(question: Question<unknown>, job: Asking): Promise<Answer> {
    const { model } = this;
    if (model === undefined || this.#llm === undefined)
      throw fault('LLM_NOT_CONFIGURED', 'no model is configured', { kind: 'unavailable', hint: 'set LLM_MODEL' });
    // Whatever a strategy put together, nothing secret leaves.
    const safe = { ...question, user: this.#redactor.open().text(question.user) };
    const key = callKey(job.stage, model, safe, safe.maxOutputTokens ?? this.limits.maxOutputTokens);
    const flying = this.#flying.get(key);
    if (flying !== undefined) return flying;
    const answer = this.#answer(key, safe, job, model, this.#llm);
    this.#flying.set(key, answer);
    const landed = (): boolean => this.#flying.delete(key);
    answer.then(({ kept }) => kept).then(landed, landed);
    return answer;
  }

  async #answer(key: string, question: Question<unknown>, job: Asking, model: string, llm: Llm): Promise<Answer> {
    const kept = await this.#known.get(key);
    if (kept !== undefined) {
      this.budget.cached();
      return { row: kept, kept: Promise.resolve() };
    }
    if (this.offline)
      throw fault('CALL_NOT_KEPT', `no answer is kept for "${question.prompt}" of ${job.trajectory}`, {
        kind: 'not_found',
        hint: 'run the synthesis again: it asks what is missing',
      });
    await this.budget.begin(this.limits, llm.price(A_CALL, this.limits.profile) ?? 0, job.signal);
    let cost: { readonly usd: number; readonly calls: number } | undefined;
    try {
      return await this.#attempt(key, question, job, model, llm, (spent) => {
        cost = spent;
      });
    } finally {
      this.budget.ended(cost?.usd, cost?.calls ?? 0);
    }
  }

  async #attempt(
    key: string,
    question: Question<unknown>,
    job: Asking,
    model: string,
    llm: Llm,
    charged: (spent: { readonly usd: number; readonly calls: number }) => void,
  ): Promise<Answer> {
    const id = attemptId();
    const attempt = { id, key, stage: job.stage, model };
    const begun: Attempt = { ...attempt, what: 'begun', inputTokens: 0, outputTokens: 0, at: Date.now() };
    await this.#storage.append('synthesizer_attempts', attemptRow(begun));
    const used = (what: Attempt['what']): Attempt => {
      const { input, output, usd, unpriced, calls } = llm.spent({ run: id });
      const priced = calls > 0 && unpriced === 0 ? { usd } : {};
      // What no model answered costs nothing.
      if (what === 'answered' || input > 0) charged({ usd, calls });
      return { ...attempt, what, inputTokens: input, outputTokens: output, ...priced, at: Date.now() };
    };
    try {
      const { value } = await llm.object(
        {
          system: question.system,
          user: question.user,
          name: question.name,
          schema: question.schema,
          maxOutputTokens: question.maxOutputTokens ?? this.limits.maxOutputTokens,
          profile: this.limits.profile,
          run: id,
        },
        job.signal,
      );
      const ended = used('answered');
      const row: CallRow = {
        key,
        stage: job.stage,
        trajectory: job.trajectory,
        prompt: question.prompt,
        promptHash: this.#hashOf(question.system),
        model,
        answer: value,
        inputTokens: ended.inputTokens,
        outputTokens: ended.outputTokens,
        ...(ended.usd !== undefined && { usd: ended.usd }),
        at: ended.at,
      };
      return { row, kept: this.#writes.write([putCall(row), putAttempt(ended)]) };
    } catch (error) {
      // An attempt that was cut off stays begun: it may have been charged.
      if (!job.signal.aborted && isFault(error) && error.code.startsWith('LLM_'))
        await this.#writes.write([putAttempt(used('failed'))]).catch(() => undefined);
      throw error;
    }
  }
}
