import http from 'node:http';
import type { AddressInfo } from 'node:net';

/** What came over the wire. */
export interface Asked {
  readonly path: string;
  readonly authorization: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: a request body as it came
  readonly body: any;
}

export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** What the model says. */
  readonly text?: string;
  /** Instead of `text`: the whole body. */
  readonly body?: unknown;
  readonly afterMs?: number;
}

export interface ScriptedModel {
  readonly url: string;
  readonly asked: Asked[];
  /** Decides each answer; may be replaced at any time. */
  answer: (asked: Asked) => Reply | Promise<Reply>;
  close(): Promise<void>;
}

/** Stands in for a language model, over the real protocol: an OpenAI-compatible API whose answers are a function. */
export async function scriptedModel(answer: ScriptedModel['answer']): Promise<ScriptedModel> {
  const asked: Asked[] = [];
  const server = http.createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const one: Asked = {
      path: request.url ?? '',
      authorization: request.headers.authorization,
      body: JSON.parse(Buffer.concat(chunks).toString() || 'null'),
    };
    asked.push(one);
    const { status = 200, headers = {}, text = '', body, afterMs = 0 } = await model.answer(one);
    const waiting = setTimeout(() => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(JSON.stringify(body ?? completion(text, one.body?.model)));
    }, afterMs);
    response.once('close', () => clearTimeout(waiting));
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

const completion = (text: string, model: string) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1_700_000_000,
  model,
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: text } }],
  usage: { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 },
});
