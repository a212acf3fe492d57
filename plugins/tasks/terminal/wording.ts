import type { AgentEvent, AgentResult } from '#plugins/agent-runtime/api';
import type { Spending } from '#plugins/llm/api';
import { oneLine } from './printable.ts';

export const count = (n: number): string =>
  n < 10_000 ? `${n}` : n < 1_000_000 ? `${(n / 1_000).toFixed(1)}k` : `${(n / 1_000_000).toFixed(2)}M`;

/** `+?` where some calls have no price. */
export const money = ({ usd, unpriced }: Spending): string => {
  if (unpriced > 0 && usd === 0) return 'price unknown';
  return `$${usd < 1 ? usd.toFixed(4) : usd.toFixed(2)}${unpriced > 0 ? '+?' : ''}`;
};

export const tokens = ({ input, output }: Spending): string => `${count(input)} in ${count(output)} out`;

export function duration(ms: number): string {
  if (ms < 10_000) return `${(ms / 1_000).toFixed(1)} s`;
  const s = Math.floor(ms / 1_000);
  const two = (n: number): string => `${n}`.padStart(2, '0');
  return s < 3_600
    ? `${two(Math.floor(s / 60))}:${two(s % 60)}`
    : `${Math.floor(s / 3_600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}

/** Arguments in a few words: the JSON without its braces. */
export const argsWords = (args: Readonly<Record<string, unknown>>): string => {
  const text = JSON.stringify(args);
  return oneLine(text.length > 2_000 ? text.slice(0, 2_000) : text).replace(/^\{(.*)\}$/, '$1');
};

export const resultWords = (event: Extract<AgentEvent, { type: 'result' }>): string =>
  `${event.ok ? 'ok' : 'failed'} ${duration(event.durationMs)}  ${oneLine(event.summary)}`;

export const waitWords = (event: Extract<AgentEvent, { type: 'waiting' }>): string =>
  `waiting for ${event.for === 'answer' ? 'an answer' : `a ${event.for}`}: ${oneLine(event.what)}`;

export const endWords = ({ stop, steps, spent, elapsedMs }: AgentResult): string => {
  const how = stop.kind === 'done' ? 'done' : `${stop.kind}: ${oneLine(stop.message)}`;
  return `${how} (${steps} ${steps === 1 ? 'step' : 'steps'}, ${tokens(spent)}, ${money(spent)}, ${duration(elapsedMs)})`;
};
