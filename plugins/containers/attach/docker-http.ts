import { createReadStream } from 'node:fs';
import type { IncomingMessage, RequestOptions } from 'node:http';
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { request } from '../http-request.ts';
import type { EngineAddress } from './plan.ts';

const MOST_BYTES = 1024 * 1024;

export interface Reply {
  readonly status: number;
  readonly text: string;
}

/**
 * The few calls that the bridging process makes, without a client library: loading one would take longer than all of them.
 * Rejects only where the engine cannot be reached.
 */
export function ask(
  engine: EngineAddress,
  method: string,
  path: string,
  body?: object,
  signal?: AbortSignal,
): Promise<Reply> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const asked = request(optionsFor(engine, method, path, text, signal), (response) => resolve(replyOf(response)));
    // Also after it was answered: an engine that goes away may tell it twice.
    asked.on('error', reject);
    asked.end(text);
  });
}

/** Sends a file as the body; errors of a load come inside an answer of 200, so the caller looks at the text. */
export function send(engine: EngineAddress, path: string, file: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const options = { ...engine, method: 'POST', path, headers: { 'content-type': 'application/x-tar' } };
    const asked = request(options, (response) => resolve(replyOf(response)));
    // The pipeline listens until all is sent, not until it is answered.
    asked.on('error', reject);
    pipeline(createReadStream(file), asked).catch(reject);
  });
}

/** Takes the connection over: what is written goes to the container's stdin, what comes is framed stdout and stderr. */
export function hijack(engine: EngineAddress, path: string): Promise<{ socket: Socket; head: Buffer }> {
  return new Promise((resolve, reject) => {
    const headers = { connection: 'Upgrade', upgrade: 'tcp' };
    const asked = request({ ...engine, method: 'POST', path, headers });
    // Also after it was answered: an engine that goes away may tell it twice.
    asked.on('error', reject);
    asked.once('upgrade', (_response, socket: Socket, head) => resolve({ socket, head }));
    asked.once('response', (response: IncomingMessage) => {
      replyOf(response).then(
        ({ status, text }) => reject(new Error(`attaching failed (${status}): ${text.trim()}`)),
        reject,
      );
    });
    asked.end();
  });
}

/** What the engine says is wrong. */
export function messageOf({ status, text }: Reply): string {
  try {
    const { message } = JSON.parse(text) as { message?: string };
    if (typeof message === 'string') return message;
  } catch {
    // no JSON
  }
  return text.trim().slice(0, 500) || `status ${status}`;
}

function optionsFor(
  engine: EngineAddress,
  method: string,
  path: string,
  text: string | undefined,
  signal: AbortSignal | undefined,
): RequestOptions {
  const headers =
    text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
  return { ...engine, method, path, headers, ...(signal !== undefined && { signal }) };
}

async function replyOf(response: IncomingMessage): Promise<Reply> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) if (text.length < MOST_BYTES) text += chunk;
  return { status: response.statusCode ?? 0, text };
}
