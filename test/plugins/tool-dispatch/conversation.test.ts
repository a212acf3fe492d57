import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { CallRecord, Peer } from '#plugins/tool-dispatch/api';
import { start } from './support/background.ts';
import { fixture, node, open, pidOf, sleep } from './support/dispatch.ts';
import { spec } from './support/registry.ts';

const main = join(import.meta.dirname, '../../fixtures/conformance-server/main.ts');

async function talk() {
  const { address } = await start(main, ['--http', '0']);
  const { dispatcher, registry } = await open();
  registry.register(spec('dual', { launches: [{ kind: 'http', url: address, headers: {} }] }));
  await registry.ready('dual');
  const records: CallRecord[] = [];
  dispatcher.onCall((record) => records.push(record));
  const conversation = await dispatcher.open('dual', { era: 'modern', caller: { principal: 'ada' } });
  return { conversation, records };
}

test('a call in a conversation takes along the headers that its tool declares', async () => {
  const { conversation } = await talk();
  for (const region of ['Hello', ' naïve 世界 ', '=?base64?SGVsbG8=']) {
    const params = { name: 'test_x_mcp_header', arguments: { region } };
    const { result } = await conversation.request('tools/call', params);
    expect(result).toMatchObject({ content: [{ type: 'text' }] });
  }
});

test('a call in a conversation is recorded like any other, other requests are not', async () => {
  const { conversation, records } = await talk();
  await conversation.request('tools/list', {});
  await conversation.request('tools/call', { name: 'test_simple_text', arguments: {} });
  await conversation.request('tools/call', { name: 'test_error_handling', arguments: {} });
  await conversation.request('tools/call', { name: 'no_such_tool', arguments: {} }).catch(() => undefined);
  expect(records.map(({ tool, principal, outcome }) => [tool, principal, outcome])).toEqual([
    ['dual/test_simple_text', 'ada', 'ok'],
    ['dual/test_error_handling', 'ada', 'tool_error'],
  ]);
});

test('a conversation goes on when its server was lost: safe calls are sent again, others fail and name it', async () => {
  const { dispatcher, registry } = await open();
  registry.register(spec('echo', { launches: [node(fixture('echo.ts'))] }));
  await registry.ready('echo');
  const conversation = await dispatcher.open('echo');
  const call = (name: string, given: object = {}) => conversation.request('tools/call', { name, arguments: given });
  const attempts: number[] = [];
  dispatcher.onCall((record) => attempts.push(record.attempts));

  const before = await pidOf(dispatcher, registry, 'echo');
  const unsafe = call('progress', { steps: 500 });
  const safe = call('echo', { text: 'again' });
  process.kill(before, 'SIGSTOP');
  const stopped = call('echo', { text: 'once more' });
  await sleep(50);
  process.kill(before, 'SIGKILL');
  await expect(unsafe).rejects.toMatchObject({ code: 'SERVER_LOST', data: { server: 'echo' } });
  expect((await safe).result).toMatchObject({ content: [{ text: 'again' }] });
  expect((await stopped).result).toMatchObject({ content: [{ text: 'once more' }] });
  expect(attempts).toContain(2);
  expect((await call('echo', { text: 'well' })).result).toMatchObject({ content: [{ text: 'well' }] });
});

test('questions in results are put to the peer until the server is content, or passed on to who wants them', async () => {
  const { conversation, records } = await talk();
  const asked: string[] = [];
  const peer: Peer = {
    request: async (method) => {
      asked.push(method);
      return { action: 'accept', content: { name: 'Ada', color: 'red', context: 'here' } };
    },
  };
  const params = (name: string) => ({
    name,
    arguments: {},
    _meta: { 'io.modelcontextprotocol/clientCapabilities': { elicitation: {} } },
  });
  const rounds = params('test_input_required_result_multi_round');
  const { result } = await conversation.request('tools/call', rounds, { peer });
  expect(JSON.stringify(result)).toContain('Ada likes red');
  expect(asked.length).toBeGreaterThan(1);
  expect(records).toMatchObject([{ outcome: 'ok', attempts: asked.length + 1 }]);
  const prompt = await conversation.request('prompts/get', params('test_input_required_result_prompt'), { peer });
  expect(prompt.result).toMatchObject({ messages: expect.any(Array) });
  const passed = await conversation.request('tools/call', rounds, { peer, passInputs: true });
  expect(passed.result).toMatchObject({ resultType: 'input_required' });
  const deaf: Peer = { request: () => Promise.reject(new Error('nobody is there')) };
  await expect(conversation.request('tools/call', rounds, { peer: deaf })).rejects.toMatchObject({
    code: 'QUESTION_UNANSWERED',
    message: expect.stringContaining('nobody is there'),
  });
});

test('a server that asks for ever is told from one that asks twice', async () => {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const { id, method } = JSON.parse(body) as { id?: number; method: string };
      const result =
        method === 'server/discover'
          ? { supportedVersions: ['2026-07-28'], capabilities: { tools: {} }, resultType: 'complete' }
          : method === 'tools/list'
            ? { tools: [{ name: 'more', inputSchema: { type: 'object' } }] }
            : { resultType: 'input_required', inputRequests: { a: { method: 'elicitation/create', params: {} } } };
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ jsonrpc: '2.0', id, result }));
    });
  });
  await new Promise<void>((up) => server.listen(0, '127.0.0.1', up));
  onTestFinished(() => void server.close());
  const { dispatcher, registry } = await open();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
  registry.register(spec('asks', { launches: [{ kind: 'http', url, headers: {} }] }));
  await registry.ready('asks');
  const caller = { principal: 'ada', peer: { request: async () => ({ action: 'decline' }) } };
  const conversation = await dispatcher.open('asks', { caller });
  const endless = { code: 'INPUT_ENDLESS', data: { server: 'asks' } };
  await expect(conversation.request('tools/call', { name: 'more', arguments: {} })).rejects.toMatchObject(endless);
  await expect(dispatcher.call(registry.resolve('asks/more'), {}, { caller })).rejects.toMatchObject(endless);
});
