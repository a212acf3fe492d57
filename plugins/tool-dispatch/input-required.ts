import { type Fault, fault, isFault, reason } from '#kernel';
import type { Peer } from './api.ts';
import { cancelled } from './faults.ts';

/** A modern server's answer that asks the caller for more before it can go on. */
export interface InputRequired {
  readonly resultType: 'input_required';
  readonly inputRequests?: Readonly<Record<string, { readonly method: string; readonly params?: unknown }>>;
  readonly requestState?: string;
}

export const isInputRequired = (result: unknown): result is InputRequired =>
  typeof result === 'object' && result !== null && (result as Partial<InputRequired>).resultType === 'input_required';

/** A server that asks again and again never finishes. */
const MOST_ROUNDS = 16;

/** Whose questions they are, and who answers them. */
export interface Asking {
  readonly server: string;
  readonly method: string;
  readonly request: NonNullable<Peer['request']>;
  readonly signal: AbortSignal | undefined;
}

/**
 * Puts every question to the caller, one after the other, and makes what the next attempt has besides its parameters.
 * `round` counts from 1. Faults: QUESTION_UNANSWERED, INPUT_ENDLESS, CALL_CANCELLED.
 */
export async function answerInputs(
  required: InputRequired,
  round: number,
  { server, method, request, signal }: Asking,
): Promise<Readonly<Record<string, unknown>>> {
  if (round > MOST_ROUNDS)
    throw fault('INPUT_ENDLESS', `${method} asked for input ${MOST_ROUNDS} times and did not finish`, {
      kind: 'unavailable',
      data: { server },
    });
  const until = signal ?? new AbortController().signal;
  const inputResponses: Record<string, unknown> = {};
  for (const [key, question] of Object.entries(required.inputRequests ?? {})) {
    try {
      inputResponses[key] = await request(question.method, question.params, until);
    } catch (error) {
      if (signal?.aborted) throw cancelled(server, method);
      throw unanswered(server, question.method, error);
    }
  }
  return {
    ...(required.inputRequests !== undefined && { inputResponses }),
    ...(required.requestState !== undefined && { requestState: required.requestState }),
  };
}

const unanswered = (server: string, asked: string, error: unknown): Fault =>
  fault('QUESTION_UNANSWERED', `the server asked "${asked}", and the caller did not answer: ${reason(error)}`, {
    kind: isFault(error) ? error.kind : 'unavailable',
    cause: error,
    data: { server },
  });
