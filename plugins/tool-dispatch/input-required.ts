import { fault, reason } from '#kernel';

/** A modern server's answer that asks the caller for more before it can go on. */
export interface InputRequired {
  readonly resultType: 'input_required';
  readonly inputRequests?: Readonly<Record<string, { readonly method: string; readonly params?: unknown }>>;
  readonly requestState?: string;
}

export const isInputRequired = (result: unknown): result is InputRequired =>
  typeof result === 'object' && result !== null && (result as Partial<InputRequired>).resultType === 'input_required';

type Request = (method: string, params: unknown, signal: AbortSignal) => Promise<unknown>;

/** Puts every question to the caller, one after the other, and makes the parameters of the next attempt. */
export async function answerInputs(
  required: InputRequired,
  request: Request,
  signal: AbortSignal | undefined,
): Promise<Readonly<Record<string, unknown>>> {
  const until = signal ?? new AbortController().signal;
  const inputResponses: Record<string, unknown> = {};
  for (const [key, question] of Object.entries(required.inputRequests ?? {})) {
    try {
      inputResponses[key] = await request(question.method, question.params, until);
    } catch (error) {
      throw fault(
        'QUESTION_UNANSWERED',
        `the server asked "${question.method}", and the caller did not answer: ${reason(error)}`,
        {
          kind: 'unavailable',
          cause: error,
        },
      );
    }
  }
  return {
    ...(required.inputRequests !== undefined && { inputResponses }),
    ...(required.requestState !== undefined && { requestState: required.requestState }),
  };
}
