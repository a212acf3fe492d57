import { postJson } from '../post-json.ts';
import type { Attempt } from '../provider.ts';
import type { Chunk } from './assembly.ts';

const KIB = 1_024;

/** An answer that is not streamed. Failures are those of the package, which knows what endpoints say of them. */
export async function wholeAnswer(body: object, { profile, signal, alive }: Attempt): Promise<Chunk> {
  const { address, apiKey, maxAnswerKb } = profile;
  const url = `${address.replace(/\/$/, '')}/chat/completions`;
  const { status, headers, text } = await postJson(url, body, {
    key: apiKey || 'none',
    maxBytes: maxAnswerKb * KIB,
    signal,
    alive,
  });
  if (status >= 200 && status < 300)
    return /\bjson\b/i.test(headers['content-type'] ?? '') ? (JSON.parse(text) as Chunk) : {};
  const { APIError } = await import('openai');
  const named = Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]);
  const said = parsed(text);
  throw APIError.generate(status, said, said === undefined ? text : undefined, new Headers(named));
}

function parsed(text: string): object | undefined {
  try {
    return JSON.parse(text) as object;
  } catch {
    return undefined;
  }
}
