import { fault, isFault, reason } from '#kernel';

const LONGEST_REASON = 300;

/** What a call of the `openai` package failed with, in the house's words; the key is never in it. */
export function llmFault(error: unknown, model: string, apiKey: string, signal: AbortSignal | undefined): Error {
  if (signal?.aborted) return signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason));
  if (isFault(error)) return error;
  const status = (error as { status?: unknown } | null)?.status;
  // Masked before it is cut: half a key is a secret, too.
  const open = reason(error).replace(/\/\/[^\s/@]*@/g, '//***@');
  const why = (apiKey === '' ? open : open.replaceAll(apiKey, '***')).slice(0, LONGEST_REASON);
  if (status === 429)
    return fault('LLM_LIMITED', `the model "${model}" takes no more calls now: ${why}`, {
      kind: 'unavailable',
      hint: 'wait, or raise the limit at the provider',
    });
  if (typeof status === 'number' && status >= 400 && status < 500 && status !== 408 && status !== 409)
    return fault('LLM_REFUSED', `the model "${model}" refused the call: ${why}`, {
      kind: 'unavailable',
      hint: 'look at llm.apiKey, llm.model and llm.url',
      data: { upstreamStatus: status },
    });
  return fault('LLM_UNAVAILABLE', `the model "${model}" did not answer: ${why}`, {
    kind: 'unavailable',
    hint: 'look at llm.url, and whether the endpoint runs',
  });
}

export const notConfigured = (what: 'model' | 'embedding.model'): Error =>
  fault('LLM_NOT_CONFIGURED', `no model is configured (llm.${what})`, {
    kind: 'unavailable',
    hint: what === 'model' ? 'set LLM_MODEL, and LLM_URL or LLM_API_KEY' : 'set EMBEDDING_MODEL, and EMBEDDING_URL',
  });
