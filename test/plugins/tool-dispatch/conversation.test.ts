import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { CallRecord } from '#plugins/tool-dispatch/api';
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
