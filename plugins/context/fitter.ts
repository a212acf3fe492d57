import { type Token, token } from '#kernel';
import type { Fitted, FixedPrompt, MessageCounter, WindowOptions } from './api.ts';
import type { Message } from './message.ts';

/**
 * What a window asks at each `fit`. Windows reach it by the plugin's own handle, which leads to the generation that serves:
 * so a window of an earlier generation goes by what the pipeline says now. Within this plugin only.
 */
export interface Fitter {
  shorten(job: FitJob): Promise<Fitted>;
}

export interface FitJob {
  readonly messages: readonly Message[];
  readonly fixed: FixedPrompt;
  readonly counter: MessageCounter;
  /** What the provider will count for a request of this estimate. */
  readonly next: (estimated: number) => number;
  readonly options: WindowOptions;
  /** Kept by the window, written by the fitter. */
  readonly turn: TurnState;
  readonly signal: AbortSignal;
}

/** What holds until the user writes again. */
export interface TurnState {
  summaries: number;
  /** The chain could not bring it below the trigger: it is not asked again before the request has grown to so many tokens. */
  restUntil: number;
}

export const FITTER: Token<Fitter> = token<Fitter>('context.fitter');
