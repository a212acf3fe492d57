import { type Message, type Part, TokenCounter } from '#plugins/context/api';
import type { Usage } from './api.ts';
import type { Question } from './provider.ts';

/** Sums, without members that nobody reported. */
export function plus(a: Usage | undefined, b: Usage | undefined): Usage | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return usageOf({
    input: a.input + b.input,
    output: a.output + b.output,
    cacheRead: sum(a.cacheRead, b.cacheRead),
    cacheWrite: sum(a.cacheWrite, b.cacheWrite),
    reasoning: sum(a.reasoning, b.reasoning),
    estimated: a.estimated === true || b.estimated === true,
  });
}

const atMost = (most: number, counted: unknown): number | undefined => {
  const some = tokens(counted);
  return some === undefined ? undefined : Math.min(most, some);
};

const sum = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined && b === undefined ? undefined : (a ?? 0) + (b ?? 0);

type Counts = { readonly [K in keyof Usage]: Usage[K] | undefined } & Pick<Usage, 'input' | 'output'>;

export const usageOf = ({ input, output, cacheRead, cacheWrite, reasoning, estimated }: Counts): Usage => ({
  input,
  output,
  ...(cacheRead !== undefined && { cacheRead }),
  ...(cacheWrite !== undefined && { cacheWrite }),
  ...(reasoning !== undefined && { reasoning }),
  ...(estimated === true && { estimated }),
});

/** What can be a number of tokens; undefined for all else. */
export const tokens = (counted: unknown): number | undefined =>
  typeof counted === 'number' && counted >= 0 && Number.isSafeInteger(Math.round(counted))
    ? Math.round(counted)
    : undefined;

/** An endpoint that counts less than this share of the estimate counts something else, or is wrong. */
const LEAST_SHARE = 0.1;

/** Tokens of a UTF-16 unit, in the scripts that have most; plain Latin has one at most. */
const MOST_A_UNIT = 2;
const ASCII = /^[\0-\x7f]*$/;
const mostOf = (text: string): number => text.length * (ASCII.test(text) ? 1 : MOST_A_UNIT);
/** Around each message. */
const FRAME = 16;

/** The most tokens that it can have, of what is plain text in it: where there is more, it is counted properly. */
function mostTokens({ system, messages, tools, shape }: Question): number {
  if (tools.length > 0) return Number.POSITIVE_INFINITY;
  let most = FRAME + mostOf(system) * (shape === undefined ? 1 : 2);
  for (const { parts } of messages)
    for (const part of parts) most += FRAME + (part.type === 'text' ? mostOf(part.text) : Number.POSITIVE_INFINITY);
  return most;
}

/** Where an endpoint counts nothing, or what cannot be. */
export class UsageEstimate {
  readonly #counter = new TokenCounter({ entries: 256 });

  /** What the endpoint counted as far as it can be believed. */
  checked(question: Question, { parts, usage }: { parts: readonly Part[]; usage: Usage | undefined }): Usage {
    if (usage === undefined) return this.of(question, parts);
    const [counted, output] = [tokens(usage.input), tokens(usage.output)];
    // No text has more tokens than that, so there is nothing to estimate.
    const isPlain = counted !== undefined && output !== undefined && counted >= mostTokens(question) * LEAST_SHARE;
    const estimated = isPlain ? { input: counted, output } : this.of(question, parts);
    const isBelieved = counted !== undefined && counted >= estimated.input * LEAST_SHARE;
    const input = isBelieved ? counted : estimated.input;
    return usageOf({
      input,
      output: output ?? estimated.output,
      cacheRead: atMost(input, usage.cacheRead),
      cacheWrite: atMost(input, usage.cacheWrite),
      reasoning: atMost(output ?? estimated.output, usage.reasoning),
      estimated: usage.estimated === true || !isBelieved || output === undefined,
    });
  }

  of({ system, messages, tools, shape }: Question, said: readonly Part[]): Usage {
    const count = this.#counter;
    const fixed = count.text(system) + (tools.length > 0 ? count.text(JSON.stringify(tools)) : 0);
    const input = fixed + count.messages(messages) + (shape ? count.text(JSON.stringify(shape.schema)) : 0);
    const answer: Message = { id: '', role: 'assistant', at: 0, parts: said };
    return { input, output: said.length === 0 ? 0 : count.message(answer), estimated: true };
  }
}
