import type { ChatAnswer, ChatRequest, Llm, Spending, Usage } from '#plugins/llm/api';
import { NOTHING_SPENT, sum } from '../../../plugins/agent-runtime/spending.ts';

/** What the model says to one request; a function decides by the request. */
export interface Said {
  readonly text?: string;
  readonly reasoning?: string;
  readonly calls?: readonly {
    readonly name: string;
    readonly args: unknown;
    readonly problem?: string;
    readonly call?: string;
  }[];
  readonly finish?: ChatAnswer['finish'];
  readonly usage?: Usage;
  readonly usd?: number;
  readonly error?: Error;
  readonly afterMs?: number;
}
export type Script = (request: ChatRequest, n: number) => Said | Promise<Said>;

/** Stands in for the door of llm, where a test is about the loop and not about the wire. */
export class ScriptedLlm implements Llm {
  readonly requests: ChatRequest[] = [];
  readonly embeddingModel = undefined;
  readonly profiles = ['default'];
  script: Script;
  readonly #spent = new Map<string, Spending>();
  #calls = 0;

  constructor(script: Script | readonly Said[]) {
    this.script =
      typeof script === 'function'
        ? script
        : (_, n) => script[n] ?? { error: new Error(`nothing is scripted for request ${n}`) };
  }

  model(): string {
    return 'scripted';
  }

  async chat(request: ChatRequest, signal?: AbortSignal): Promise<ChatAnswer> {
    signal?.throwIfAborted();
    const n = this.requests.push(request) - 1;
    const said = await this.script(request, n);
    if (said.afterMs !== undefined) await pause(said.afterMs, signal);
    if (said.error !== undefined) throw said.error;
    const usage = said.usage ?? { input: 100, output: 10 };
    if (said.text !== undefined) request.onDelta?.({ type: 'text', text: said.text });
    signal?.throwIfAborted();
    this.#spend(request.run ?? '', usage, said.usd ?? 0);
    const calls = (said.calls ?? []).map(({ name, args, problem, call = `call-${++this.#calls}` }) => ({
      ...{ type: 'call' as const, call, name },
      args: typeof args === 'string' ? args : JSON.stringify(args),
      ...(problem !== undefined && { problem }),
    }));
    return {
      parts: [
        ...(said.reasoning !== undefined ? [{ type: 'reasoning' as const, text: said.reasoning }] : []),
        ...(said.text !== undefined ? [{ type: 'text' as const, text: said.text }] : []),
        ...calls,
      ],
      finish: said.finish ?? (calls.length > 0 ? 'tools' : 'stop'),
      ...{ model: 'scripted', usage, attempts: 1, durationMs: 1 },
      ...(said.usd !== undefined && { usd: said.usd }),
    };
  }

  object(): Promise<never> {
    throw new Error('the loop asks for no objects');
  }
  embed(): Promise<never> {
    throw new Error('the loop embeds nothing');
  }
  price(): undefined {
    return undefined;
  }

  spent({ run = '' }: { readonly run?: string }): Spending {
    return this.#spent.get(run) ?? NOTHING_SPENT;
  }

  #spend(run: string, { input, output }: Usage, usd: number): void {
    this.#spent.set(run, sum(this.spent({ run }), { input, output, usd, calls: 1 }));
  }
}

const pause = (ms: number, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
