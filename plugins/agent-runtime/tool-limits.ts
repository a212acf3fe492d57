import type { AgentRuntimeConfig } from './config.ts';

export interface ToolLimit {
  readonly timeoutMs: number;
  readonly maxCalls: number;
  readonly poll: boolean;
  /** Waits for its turn; resolves to what ends it. Rejects with the signal's reason. */
  turn(signal: AbortSignal): Promise<() => void>;
}

/** Limits by tool, over all runs of this process. */
export class ToolLimits {
  readonly #config: AgentRuntimeConfig;
  readonly #patterns: readonly { readonly pattern: RegExp; readonly name: string }[];
  readonly #turns = new Map<string, Turns>();

  constructor(config: AgentRuntimeConfig) {
    this.#config = config;
    this.#patterns = Object.keys(config.tools).map((name) => ({ name, pattern: glob(name) }));
  }

  of(tool: string): ToolLimit {
    const { tools, callTimeoutMs, maxParallelCalls } = this.#config;
    const name = this.#patterns.find(({ pattern }) => pattern.test(tool))?.name;
    const set = name === undefined ? undefined : tools[name];
    let turns = this.#turns.get(tool);
    if (turns === undefined) {
      turns = new Turns(set?.concurrency ?? Math.max(maxParallelCalls, 64));
      this.#turns.set(tool, turns);
    }
    const { maxCalls = Number.POSITIVE_INFINITY, timeoutMs = callTimeoutMs, poll = false } = set ?? {};
    return { timeoutMs, maxCalls, poll, turn: (signal) => turns.take(signal) };
  }
}

const glob = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .split('*')
      .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
  );

/** At most so many at a time; others wait in their order. */
export class Turns {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(most: number) {
    this.#free = most;
  }

  async take(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free--;
    else await this.#wait(signal);
    return () => {
      const next = this.#waiting.shift();
      if (next !== undefined) next();
      else this.#free++;
    };
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const turn = (): void => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(turn), 1);
        reject(signal.reason);
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.push(turn);
    });
  }
}
