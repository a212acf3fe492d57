import { createHash } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * Stands in for a language model that synthesis asks, over the real chat completions protocol: whatever shape is asked for,
 * its answer fits, and is the same for the same question. May take its time, refuse what is above a ceiling, and fail.
 * As a process of its own: `node synthesis-model.ts OPTIONS.json-text`, which prints its address; `GET /stats` tells its counts.
 */
export interface SynthesisModelOptions {
  readonly latencyMs?: number;
  /** Calls at the same time; more are answered 429. */
  readonly ceiling?: number;
  /** Each so-manieth call is answered 500. */
  readonly failEvery?: number;
  /** Answers with something that is no JSON. */
  readonly nonsense?: boolean;
}
export interface ModelStats {
  readonly answered: number;
  readonly limited: number;
  readonly failed: number;
  /** Different questions that were answered. */
  readonly questions: number;
  /** Answered 429, by second since the first call. */
  readonly limitedBySecond: readonly number[];
  readonly callsBySecond: readonly number[];
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly most: number;
}
export interface SynthesisModel {
  readonly url: string;
  options: SynthesisModelOptions;
  readonly stats: () => ModelStats;
  /** What was sent, as text. */
  readonly bodies: string[];
  keepBodies: boolean;
  close(): Promise<void>;
}

interface Schema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly minimum?: number;
}
const WORDS = Array.from({ length: 600 }, (_, n) => `${SYLLABLES()[n % 30]}${SYLLABLES()[(n * 7 + 3) % 30]}${n % 13}`);

function SYLLABLES(): readonly string[] {
  return 'ba be bi bo bu da de di do du fa fe fi fo fu ga ge gi go gu la le li lo lu ma me mi mo mu'.split(' ');
}

/** A value that fits, made of the hash of the question. */
function answerFor(schema: Schema, seed: string, name: string): unknown {
  const dice = createHash('sha256').update(`${seed} ${name}`).digest();
  if (schema.enum !== undefined) return schema.enum[dice[0]! % schema.enum.length];
  if (schema.properties !== undefined)
    return Object.fromEntries(
      Object.entries(schema.properties).map(([key, of]) => [key, answerFor(of, seed, `${name}.${key}`)]),
    );
  if (schema.type === 'array') return [0, 1].map((n) => answerFor(schema.items ?? {}, seed, `${name}.${n}`));
  if (schema.type === 'integer' || schema.type === 'number') return (schema.minimum ?? 0) + (dice[0]! % 5) + 1;
  if (schema.type === 'boolean') return dice[0]! % 2 === 0;
  const count = name.endsWith('description') ? 24 : name.endsWith('type') || name.endsWith('domain') ? 1 : 4;
  return Array.from({ length: count }, (_, n) => WORDS[(dice[n]! * 256 + dice[(n + 1) % 32]!) % WORDS.length]).join(
    ' ',
  );
}

export async function synthesisModel(options: SynthesisModelOptions = {}): Promise<SynthesisModel> {
  const counts = { answered: 0, limited: 0, failed: 0, inputTokens: 0, outputTokens: 0, most: 0 };
  const [limitedBySecond, callsBySecond]: [number[], number[]] = [[], []];
  const questions = new Set<string>();
  let atOnce = 0;
  let calls = 0;
  let begun = 0;
  const server = http.createServer((request, response) => {
    if (request.url === '/stats') return void response.end(JSON.stringify(model.stats()));
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => answer(Buffer.concat(chunks), response));
  });

  function answer(body: Buffer, response: http.ServerResponse): void {
    const { ceiling = Number.POSITIVE_INFINITY, latencyMs = 0, failEvery = 0, nonsense = false } = model.options;
    begun ||= Date.now();
    const second = Math.floor((Date.now() - begun) / 1_000);
    callsBySecond[second] = (callsBySecond[second] ?? 0) + 1;
    calls++;
    if (model.keepBodies) model.bodies.push(body.toString());
    const say = (status: number, value: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(value));
    };
    if (atOnce >= ceiling) {
      counts.limited++;
      limitedBySecond[second] = (limitedBySecond[second] ?? 0) + 1;
      return say(429, { error: { message: 'too many requests', type: 'rate_limit_exceeded' } });
    }
    if (failEvery > 0 && calls % failEvery === 0) {
      counts.failed++;
      return say(500, { error: { message: 'something broke' } });
    }
    atOnce++;
    counts.most = Math.max(counts.most, atOnce);
    const finish = (): void => {
      atOnce--;
      const asked = JSON.parse(body.toString());
      const seed = createHash('sha256').update(body).digest('hex');
      const schema: Schema = asked.response_format?.json_schema?.schema ?? {};
      const text = nonsense ? 'I am sorry, I cannot.' : JSON.stringify(answerFor(schema, seed, ''));
      const usage = { prompt_tokens: Math.ceil(body.length / 4), completion_tokens: Math.ceil(text.length / 4) };
      counts.answered++;
      questions.add(seed);
      counts.inputTokens += usage.prompt_tokens;
      counts.outputTokens += usage.completion_tokens;
      say(200, {
        id: 'chatcmpl-1',
        object: 'chat.completion',
        model: asked.model,
        choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: text } }],
        usage: { ...usage, total_tokens: usage.prompt_tokens + usage.completion_tokens },
      });
    };
    if (latencyMs > 0) setTimeout(finish, latencyMs);
    else finish();
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const model: SynthesisModel = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    options,
    bodies: [],
    keepBodies: false,
    stats: () => ({ ...counts, questions: questions.size, limitedBySecond, callsBySecond }),
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return model;
}

if (process.argv[1] === import.meta.filename) {
  const model = await synthesisModel(JSON.parse(process.argv[2] ?? '{}'));
  process.stdout.write(`${model.url}\n`);
  const end = (): void => void model.close().then(() => process.exit(0));
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && end(), 500).unref();
}
