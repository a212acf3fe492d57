import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * Stands in for an OpenAI-compatible embedding endpoint (`POST /v1/embeddings`). Its vectors are sums of a fixed random
 * vector for each word, so texts are alike by the words that they share; words of the same group of synonyms are one.
 */
export interface EmbeddingEndpoint {
  /** As a client wants it: `http://127.0.0.1:PORT/v1`. */
  readonly url: string;
  /** The texts of each request so far, refused ones included. */
  readonly requests: readonly (readonly string[])[];
  mode: 'answer' | 'fail' | 'hang' | 'limit';
  /** A request with a text that has this in it is answered with 400. */
  refuse: string | undefined;
  /** How long an answer takes. */
  delayMs: number;
  close(): Promise<void>;
}

const LENGTH = 96;
const SYNONYMS = [
  ['weather', 'climate', 'meteorology'],
  ['forecast', 'outlook', 'prediction'],
  ['delete', 'remove', 'erase', 'purge'],
  ['picture', 'image', 'photo', 'photograph'],
  ['mail', 'email', 'letter', 'correspondence'],
];
const canonical = new Map(SYNONYMS.flatMap(([first, ...others]) => others.map((other) => [other, first!])));
const EMPTY = new Set(['a', 'an', 'the', 'of', 'for', 'in', 'to', 'and', 'me', 'my', 'is', 'what']);

export function standInVector(text: string): number[] {
  const sum = new Array<number>(LENGTH).fill(0);
  for (const [word] of text.toLowerCase().matchAll(/\p{L}+/gu)) {
    if (EMPTY.has(word)) continue;
    let state = 0x811c9dc5;
    for (const letter of canonical.get(word) ?? word) state = Math.imul(state ^ letter.codePointAt(0)!, 0x01000193);
    for (let n = 0; n < LENGTH; n++) {
      // xorshift32
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      sum[n]! += (state | 0) / 2 ** 31;
    }
  }
  const length = Math.hypot(...sum) || 1;
  return sum.map((value) => value / length);
}

export async function startEmbeddingEndpoint(): Promise<EmbeddingEndpoint> {
  const requests: string[][] = [];
  const server = createServer((request, response) => {
    void serve(request, response).catch(() => response.destroy());
  });
  const endpoint = { mode: 'answer' as EmbeddingEndpoint['mode'], refuse: undefined as string | undefined, delayMs: 0 };
  const say = (response: ServerResponse, status: number, body: object, headers = {}): void => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (request.method !== 'POST' || request.url !== '/v1/embeddings')
      return say(response, 404, { error: { message: 'no such path' } });
    const { model, input } = JSON.parse(Buffer.concat(chunks).toString()) as { model: string; input: string[] };
    requests.push(input);
    if (endpoint.mode === 'hang') return;
    if (endpoint.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, endpoint.delayMs));
    if (endpoint.mode === 'fail') return say(response, 500, { error: { message: 'out of order' } });
    if (endpoint.mode === 'limit')
      return say(response, 429, { error: { message: 'too many requests' } }, { 'retry-after': '1' });
    const { refuse } = endpoint;
    if (refuse !== undefined && input.some((text) => text.includes(refuse)))
      return say(response, 400, { error: { message: 'input is not accepted' } });
    say(response, 200, {
      object: 'list',
      model,
      data: input.map((text, index) => ({ object: 'embedding', index, embedding: standInVector(text) })),
      usage: { prompt_tokens: input.length, total_tokens: input.length },
    });
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(endpoint, {
    url: `http://127.0.0.1:${port}/v1`,
    requests,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}
