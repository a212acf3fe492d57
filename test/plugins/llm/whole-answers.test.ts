import { spawn } from 'node:child_process';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { bench, failing } from './model-under-test.ts';

const at = bench();
const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

const wanted = { system: 'Be brief.', user: 'Which?', name: 'choice', schema: z.object({ choice: z.number() }) };
const answer = (content: string) =>
  JSON.stringify({ choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content } }] });

async function listening(handle: http.RequestListener): Promise<string> {
  const server = http.createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

/** Another process: it closes idle connections while this one is too busy to see it. */
const HASTY = `
  let asked = 0;
  const server = require('node:http').createServer((request, response) => {
    asked++;
    request.resume().on('end', () => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ choices: [{ finish_reason: 'stop', message: { content: JSON.stringify({ choice: asked }) } }] }));
    });
  });
  // Without a word about it, as many do.
  server.keepAliveTimeout = 0;
  server.on('request', ({ socket }, response) => response.on('finish', () => setTimeout(() => socket.destroy(), 100)));
  server.listen(0, '127.0.0.1', () => console.log(server.address().port));`;

test('connections that the other side closed while nothing was looked at fail no call, and nothing is asked twice', async () => {
  const server = spawn(process.execPath, ['-e', HASTY], { stdio: ['ignore', 'pipe', 'inherit'] });
  ends.push(() => server.kill());
  const port = await new Promise<string>((resolve) =>
    server.stdout.once('data', (told: Buffer) => resolve(`${told}`.trim())),
  );
  const llm = await at.llm({ url: `http://127.0.0.1:${port}/v1`, retries: 0 });
  const five = async () =>
    (await Promise.all(Array.from({ length: 5 }, () => llm.object(wanted)))).map((each) => each.value.choice);
  expect((await five()).sort()).toEqual([1, 2, 3, 4, 5]);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 800);
  expect((await five()).sort()).toEqual([10, 6, 7, 8, 9]);
});

test('nothing is sent to another address that an answer names', async () => {
  let reached = 0;
  const elsewhere = await listening((_, response) => {
    reached++;
    response.end(answer('{"choice": 1}'));
  });
  const url = await listening((_, response) => response.writeHead(307, { location: elsewhere }).end());
  const llm = await at.llm({ url, retries: 0 });
  expect(await failing(llm.object(wanted))).toMatchObject({ code: 'LLM_UNAVAILABLE' });
  expect(reached).toBe(0);
});

test('an answer that is too long, cut off, or no JSON fails, and says why', async () => {
  const saying = async (handle: http.RequestListener): Promise<string> => {
    const llm = await at.llm({ url: await listening(handle), retries: 0, repairs: 0, maxAnswerKb: 8 });
    const { code, message } = await failing(llm.object(wanted));
    return `${code}: ${message}`;
  };
  const json = { 'content-type': 'application/json' };
  expect(await saying((_, response) => response.writeHead(200, json).end(answer('x'.repeat(10_000))))).toMatch(
    /LLM_UNAVAILABLE.*more than 8192 bytes/,
  );
  expect(
    await saying((_, response) => {
      response.writeHead(200, { ...json, 'content-length': 1_000 }).write('{"choices"');
      setTimeout(() => response.destroy(), 20);
    }),
  ).toMatch(/LLM_UNAVAILABLE/);
  expect(await saying((_, response) => response.writeHead(200, json).end('<html>'))).toMatch(/LLM_UNAVAILABLE.*JSON/);
  expect(await saying((_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'))).toMatch(
    /LLM_ANSWER_INVALID/,
  );
  expect(await saying((_, response) => response.writeHead(503).end('the gateway is tired'))).toMatch(
    /LLM_UNAVAILABLE.*503 the gateway is tired/,
  );
});
