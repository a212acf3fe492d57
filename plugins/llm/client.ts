import type OpenAI from 'openai';
import { boundedFetch } from './bounded-fetch.ts';

const KIB = 1_024;

interface Place {
  readonly url: string;
  readonly apiKey: string;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly maxAnswerKb: number;
}

/** Clients by place. The package takes 200 ms to load, so it is with the first call. */
export class Clients {
  readonly #clients = new Map<string, Promise<OpenAI>>();

  for({ url, apiKey, timeoutMs, retries, maxAnswerKb }: Place): Promise<OpenAI> {
    const key = JSON.stringify([url, apiKey, timeoutMs, retries, maxAnswerKb]);
    let client = this.#clients.get(key);
    if (client === undefined) {
      client = create({ url, apiKey, timeoutMs, retries, maxAnswerKb });
      this.#clients.set(key, client);
    }
    return client;
  }
}

async function create({ url, apiKey, timeoutMs, retries, maxAnswerKb }: Place): Promise<OpenAI> {
  const { default: Client } = await import('openai');
  return new Client({
    // The package reads the environment for what is undefined, and wants some key.
    apiKey: apiKey || 'none',
    baseURL: url || 'https://api.openai.com/v1',
    organization: null,
    project: null,
    timeout: timeoutMs,
    maxRetries: retries,
    logLevel: 'off',
    fetch: boundedFetch(maxAnswerKb * KIB),
  });
}
