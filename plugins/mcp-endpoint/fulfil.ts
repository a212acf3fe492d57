import { fault } from '#kernel';
import type { Exchange } from './exchange.ts';
import { isObject, type Params } from './wire.ts';

export interface Outcome {
  readonly text: string;
  readonly result: unknown;
}

/** A server that never stops asking ends here. */
const ROUNDS = 8;

/**
 * A modern server asks inside its result and wants the call again with the answers; a legacy client can only be asked
 * in mid-call. Puts the questions to the client, round after round, until the result is complete.
 */
export async function fulfil(
  exchange: Exchange,
  first: Outcome,
  again: (more: Params) => Promise<Outcome>,
): Promise<Outcome> {
  let outcome = first;
  for (let round = 0; wantsInput(outcome.result); round++) {
    if (round === ROUNDS)
      throw fault('INPUT_ENDLESS', `${exchange.method} asked for input ${ROUNDS} times and did not finish`, {
        kind: 'unavailable',
      });
    const { inputRequests, requestState } = outcome.result;
    const questions = Object.entries(isObject(inputRequests) ? inputRequests : {});
    const answers = await Promise.all(
      questions.map(async ([key, question]) => {
        const { method, params } = isObject(question) ? question : {};
        return [key, await exchange.request(String(method), params, exchange.signal)] as const;
      }),
    );
    outcome = await again({
      ...(answers.length > 0 && { inputResponses: Object.fromEntries(answers) }),
      ...(requestState !== undefined && { requestState }),
    });
  }
  return outcome;
}

const wantsInput = (result: unknown): result is Params => isObject(result) && result.resultType === 'input_required';
