import { fault } from '#kernel';
import type { ContextWindow, Fitted, FixedPrompt, WindowOptions } from './api.ts';
import { UsageAnchor } from './estimator/anchor.ts';
import type { TokenCounter } from './estimator/token-counter.ts';
import type { Fitter, TurnState } from './fitter.ts';
import { freeze } from './freeze.ts';
import type { Message } from './message.ts';

const NEVER = new AbortController().signal;

/** Keeps what belongs to the run; how it is compressed is the fitter's, which is asked anew each time. */
export class HistoryWindow implements ContextWindow {
  readonly #fitter: Fitter;
  readonly #options: WindowOptions;
  readonly #counter: TokenCounter;
  readonly #anchor = new UsageAnchor();
  readonly #turn: TurnState = { summaries: 0, restUntil: 0 };
  readonly #places = new Map<string, number>();
  #messages: readonly Message[] = [];
  /** Raw estimate of the request that `fit` made ready last. */
  #requested = 0;
  #fitting = false;

  constructor(fitter: Fitter, counter: TokenCounter, options: WindowOptions) {
    this.#fitter = fitter;
    this.#options = options;
    this.#counter = counter;
    for (const message of options.messages ?? []) this.add(message);
  }

  get messages(): readonly Message[] {
    return this.#messages;
  }

  add(message: Message): void {
    this.#mustBeIdle();
    if (this.#places.has(message.id))
      throw fault('MESSAGE_TWICE', `a message with id "${message.id}" is there already`, { kind: 'conflict' });
    this.#places.set(message.id, this.#messages.length);
    this.#messages = Object.freeze([...this.#messages, freeze(message)]);
  }

  replace(message: Message): void {
    this.#mustBeIdle();
    const place = this.#places.get(message.id);
    if (place === undefined)
      throw fault('MESSAGE_UNKNOWN', `no message has the id "${message.id}"`, { kind: 'not_found' });
    this.#messages = Object.freeze(this.#messages.with(place, freeze(message)));
  }

  async fit(fixed: FixedPrompt, signal: AbortSignal = NEVER): Promise<Fitted> {
    this.#mustBeIdle();
    this.#fitting = true;
    try {
      const fitted = await this.#fitter.shorten({
        messages: this.#messages,
        fixed,
        counter: this.#counter,
        next: (estimated) => this.#anchor.next(estimated),
        options: this.#options,
        turn: this.#turn,
        signal,
      });
      if (fitted.messages !== this.#messages) {
        this.#messages = fitted.messages;
        this.#places.clear();
        for (const [place, { id }] of fitted.messages.entries()) this.#places.set(id, place);
      }
      this.#requested = fitted.systemTokens + fitted.toolTokens + this.#counter.messages(fitted.messages);
      return fitted;
    } finally {
      this.#fitting = false;
    }
  }

  observed(inputTokens: number): void {
    this.#anchor.observed(this.#requested, inputTokens);
  }

  turn(): void {
    this.#turn.summaries = 0;
    this.#turn.restUntil = 0;
  }

  #mustBeIdle(): void {
    if (this.#fitting)
      throw fault('WINDOW_BUSY', 'the history is being compressed: wait for fit() to end', { kind: 'conflict' });
  }
}
