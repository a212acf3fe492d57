import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { anthropicError, message, messageEvents } from './scripted-anthropic.ts';
import { completion, completionChunks, openAiError } from './scripted-openai.ts';
import type { Reply } from './scripted-reply.ts';

export type { Reply, ScriptedCall, ScriptedUsage } from './scripted-reply.ts';

/** What came over the wire. */
export interface Asked {
  readonly path: string;
  /** Also the key that the Messages API takes in a header of its own. */
  readonly authorization: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: a request body as it came
  readonly body: any;
}

export interface ScriptedModel {
  /** Of the OpenAI-compatible API; the Messages API is at the same place. */
  readonly url: string;
  readonly asked: Asked[];
  /** Decides each answer; may be replaced at any time. */
  answer: (asked: Asked) => Reply | Promise<Reply>;
  close(): Promise<void>;
}

/**
 * Stands in for a language model, over the real protocols: chat completions and embeddings as OpenAI has them, and the
 * Messages API of Anthropic, streamed where that is asked for. Its answers are a function.
 */
export async function scriptedModel(answer: ScriptedModel['answer']): Promise<ScriptedModel> {
  const asked: Asked[] = [];
  let calls = 0;
  const server = http.createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const one: Asked = {
      path: request.url ?? '',
      authorization: request.headers.authorization ?? (request.headers['x-api-key'] as string | undefined),
      body: JSON.parse(Buffer.concat(chunks).toString() || 'null'),
    };
    asked.push(one);
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    try {
      const reply = await model.answer(one);
      await sleep(reply.afterMs ?? 0, undefined, { signal: gone.signal });
      await respond(response, one, reply, () => `call_${++calls}`, gone.signal);
    } catch (error) {
      if (gone.signal.aborted) return;
      response.writeHead(500, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: { message: `the script failed: ${error}` } }));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const model: ScriptedModel = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    asked,
    answer,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return model;
}

async function respond(
  response: http.ServerResponse,
  { path, body: asked }: Asked,
  reply: Reply,
  id: () => string,
  gone: AbortSignal,
): Promise<void> {
  const { status = 200, headers = {} } = reply;
  const isMessages = path.split('?')[0]!.endsWith('/messages');
  const model = String(asked?.model);
  if (asked?.stream === true && status < 400 && reply.body === undefined) {
    const events: readonly unknown[] =
      reply.events ??
      (isMessages
        ? messageEvents(reply, model, id)
        : completionChunks(reply, model, id, asked.stream_options?.include_usage === true));
    response.writeHead(status, { 'content-type': 'text/event-stream', ...headers });
    return stream(response, framesOf(events, reply, isMessages), reply, gone);
  }
  const refusal = isMessages ? anthropicError('scripted_error') : openAiError(status);
  const said = isMessages ? message : completion;
  const text = JSON.stringify(reply.body ?? (status < 400 ? said(reply, model, id) : refusal));
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  if (reply.cutAfter === undefined) return void response.end(text);
  response.write(text.slice(0, text.length / 2), () => response.destroy());
}

function framesOf(events: readonly unknown[], { garbageAt, errorAt }: Reply, isMessages: boolean): string[] {
  const frame = (data: unknown, type?: unknown): string =>
    `${isMessages ? `event: ${type}\n` : ''}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
  const frames = events.map((event, n) => {
    if (n === garbageAt) return frame('{"choices": [{', 'content_block_delta');
    if (n === errorAt?.event) {
      const error = anthropicError(errorAt.type);
      return isMessages ? frame(error, 'error') : frame({ error: { ...error.error, code: errorAt.type } });
    }
    return frame(event, (event as { type?: unknown }).type);
  });
  return isMessages ? frames : [...frames, 'data: [DONE]\n\n'];
}

async function stream(
  response: http.ServerResponse,
  frames: readonly string[],
  { chunkMs = 0, cutAfter, endAfter, stallAfter }: Reply,
  gone: AbortSignal,
): Promise<void> {
  response.flushHeaders();
  for (const [n, frame] of frames.entries()) {
    if (n === cutAfter) return void response.destroy();
    if (n === stallAfter) return;
    if (n === endAfter) break;
    if (chunkMs > 0) await sleep(chunkMs, undefined, { signal: gone });
    // Each by itself, and sent before the connection may be cut.
    await new Promise<void>((resolve) => response.write(frame, () => resolve()));
    if (gone.aborted) return;
  }
  response.end();
}
