import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { RpcNotification } from '#plugins/tool-dispatch/api';
import type { FunctionTool } from '#plugins/tool-registry/api';
import { open, textOf } from './support/dispatch.ts';
import { spec } from './support/registry.ts';

const parameters = { type: 'object' };
const functions: readonly FunctionTool[] = [
  { name: 'text', description: 'a text', parameters, run: ({ of }) => `hello ${String(of)}` },
  { name: 'data', description: 'data', parameters, run: () => ({ answer: 42 }) },
  { name: 'list', description: 'a list', parameters, run: () => [1, 2] },
  {
    name: 'whole',
    description: 'a result',
    parameters,
    run: () => ({ content: [{ type: 'text', text: 'as it is' }], _meta: { a: 1 } }),
  },
  { name: 'nothing', description: 'nothing', parameters, run: () => undefined },
  {
    name: 'throws',
    description: 'throws',
    parameters,
    run: () => {
      throw new Error('cannot do that');
    },
  },
  {
    name: 'never',
    description: 'waits',
    parameters,
    run: (_, { signal }) =>
      new Promise((_done, failed) => signal.addEventListener('abort', () => failed(signal.reason))),
  },
  {
    name: 'steps',
    description: 'reports',
    parameters,
    run: (_, { progress }) => {
      progress(1, 2, 'half');
      return 'done';
    },
  },
];

async function opened(callMs = 2000) {
  const all = await open();
  for (const one of functions) all.registry.functions.set(`here/${one.name}`, one);
  const launches = [{ kind: 'functions', provider: 'test' }] as const;
  all.registry.register(spec('here', { launches, timeouts: { connectMs: 1000, callMs, idleMs: 0 } }));
  all.registry.setTools(
    'here',
    functions.map(({ name, description }) => ({ name, description, inputSchema: parameters })),
    {},
  );
  return {
    ...all,
    call: (name: string, args = {}, options = {}) =>
      all.dispatcher.call(all.registry.resolve(`here/${name}`), args, options),
  };
}

test('what a function returns becomes a result', async () => {
  const { call, registry, health } = await opened();
  expect((await call('text', { of: 'you' })).result).toEqual({ content: [{ type: 'text', text: 'hello you' }] });
  expect((await call('data')).result).toEqual({
    content: [{ type: 'text', text: '{"answer":42}' }],
    structuredContent: { answer: 42 },
  });
  expect((await call('list')).result).toEqual({ content: [{ type: 'text', text: '[1,2]' }] });
  expect((await call('whole')).text).toBe('{"content":[{"type":"text","text":"as it is"}],"_meta":{"a":1}}');
  expect((await call('nothing')).result).toEqual({ content: [{ type: 'text', text: '' }] });
  expect((await call('throws')).result).toEqual({ content: [{ type: 'text', text: 'cannot do that' }], isError: true });
  expect(registry.observed.map(({ outcome }) => outcome)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok', 'tool_error']);
  expect(registry.servers.get('here')?.health).toMatchObject({ state: 'ready', settled: true });
  expect(health().ready).toBe(true);
});

test('limits and cancelling hold for functions too', async () => {
  const { call, registry } = await opened(60);
  await expect(call('never')).rejects.toMatchObject({ code: 'SERVER_TIMEOUT' });
  const abort = new AbortController();
  const cancelled = call('never', {}, { signal: abort.signal });
  abort.abort();
  await expect(cancelled).rejects.toMatchObject({ code: 'CALL_CANCELLED' });
  expect(registry.observed.map(({ outcome }) => outcome)).toEqual(['timeout', 'cancelled']);
});

test('progress of a function reaches its caller', async () => {
  const { call } = await opened();
  const seen: RpcNotification[] = [];
  await call(
    'steps',
    {},
    {
      meta: { progressToken: 't' },
      caller: { principal: 'p', peer: { notify: (n: RpcNotification) => seen.push(n) } },
    },
  );
  expect(seen).toEqual([
    { method: 'notifications/progress', params: { progressToken: 't', progress: 1, total: 2, message: 'half' } },
  ]);
});

test('one can converse with functions as with any server', async () => {
  const { dispatcher } = await opened();
  const conversation = await dispatcher.open('here');
  expect(conversation.hello.capabilities.tools).toBeDefined();
  const { result } = await conversation.request('tools/list', {});
  expect((result as { tools: { name: string }[] }).tools.map(({ name }) => name)).toEqual(
    functions.map(({ name }) => name),
  );
  expect(await conversation.request('tools/call', { name: 'text', arguments: { of: 'all' } })).toMatchObject({
    result: { content: [{ text: 'hello all' }] },
  });
  await expect(conversation.request('prompts/list', {})).rejects.toMatchObject({
    name: 'RpcError',
    rpc: { code: -32601 },
  });
  const seen: RpcNotification[] = [];
  await conversation.request(
    'tools/call',
    { name: 'steps', _meta: { progressToken: 9 } },
    { peer: { notify: (n) => seen.push(n) } },
  );
  expect(seen).toMatchObject([{ params: { progressToken: 9, progress: 1 } }]);
});

test('a module may export function tools', async () => {
  const { dispatcher, registry } = await open();
  const module = join(import.meta.dirname, 'support/tools-module.ts');
  registry.register(spec('mod', { launches: [{ kind: 'module', module, options: {} }] }));
  await registry.ready('mod');
  expect(registry.resolve('mod/shout').definition.inputSchema).toMatchObject({
    properties: { text: { type: 'string' } },
  });
  expect(textOf((await dispatcher.call(registry.resolve('mod/shout'), { text: 'hey' })).result)).toBe('HEY!');
});
