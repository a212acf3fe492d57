import { type Fault, fault } from '#kernel';
import type { CompressionEdit } from './api.ts';

export interface OverflowFigures {
  readonly systemTokens: number;
  readonly toolTokens: number;
  readonly messageTokens: number;
  /** What a request may have: the window less the answer. */
  readonly roomTokens: number;
  readonly windowTokens: number;
  readonly answerTokens: number;
}

const HINTS = {
  system: 'shorten the system prompt or the skills in it, or use a model with a larger window',
  tools: 'offer fewer tools (tool search instead of all of them), or use a model with a larger window',
  tail: 'shorten the task or the newest messages, add a strategy to context.compress, or use a model with a larger window',
};

/** The largest of the two fixed parts is the cause where they alone leave the messages less than half of the room. */
export function overflow(figures: OverflowFigures, edits: readonly CompressionEdit[]): Fault {
  const { systemTokens, toolTokens, messageTokens, roomTokens } = figures;
  const fixed = systemTokens + toolTokens > roomTokens / 2;
  const cause = !fixed ? 'tail' : systemTokens >= toolTokens ? 'system' : 'tools';
  const tried = edits.map(({ strategy, taken, why }) => (taken ? strategy : `${strategy} (${why})`));
  return fault(
    'CONTEXT_OVERFLOW',
    `the request has ${systemTokens + toolTokens + messageTokens} tokens and may have ${roomTokens}: system prompt ${systemTokens}, ` +
      `tools ${toolTokens}, messages ${messageTokens}; tried: ${tried.join(', ') || 'nothing'}`,
    { kind: 'too_large', hint: HINTS[cause], data: { cause, ...figures, tried } },
  );
}
