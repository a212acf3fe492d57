import type OpenAI from 'openai';

interface Place {
  readonly url: string;
  readonly apiKey: string;
  readonly timeoutMs: number;
  readonly retries: number;
}

/** Clients by place. The package takes 200 ms to load, so it is with the first call. */
export class Clients {
  readonly #clients = new Map<string, Promise<OpenAI>>();

  for({ url, apiKey, timeoutMs, retries }: Place): Promise<OpenAI> {
    const key = JSON.stringify([url, apiKey, timeoutMs, retries]);
    let client = this.#clients.get(key);
    if (client === undefined) {
      client = create({ url, apiKey, timeoutMs, retries });
      this.#clients.set(key, client);
    }
    return client;
  }
}

async function create({ url, apiKey, timeoutMs, retries }: Place): Promise<OpenAI> {
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
  });
}
