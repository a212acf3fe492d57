import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { RpcNotification } from '#plugins/tool-dispatch/api';
import type { Launch } from '#plugins/tool-registry/api';
import { start } from './support/background.ts';
import { fixture, node, open, sleep, textOf } from './support/dispatch.ts';
import { spec } from './support/registry.ts';

const main = join(import.meta.dirname, '../../fixtures/conformance-server/main.ts');
const overHttp = async (): Promise<Launch> => ({
  kind: 'http',
  url: (await start(main, ['--http', '0'])).address,
  headers: {},
});

for (const [kind, way] of [
  ['stdio', async () => node(main)],
  ['http', overHttp],
] as const) {
  test(`${kind}: a server of both eras is spoken to in each`, async () => {
    const { dispatcher, registry } = await open();
    registry.register(spec('dual', { launches: [await way()] }));
    await registry.ready('dual');
    expect([...(await dispatcher.eras('dual'))].sort()).toEqual(['legacy', 'modern']);
    for (const era of ['legacy', 'modern'] as const) {
      const conversation = await dispatcher.open('dual', { era });
      expect(conversation.era).toBe(era);
      expect(conversation.hello.protocolVersion).toBe(era === 'legacy' ? '2025-11-25' : '2026-07-28');
      const { result } = await conversation.request('tools/call', { name: 'test_simple_text', arguments: {} });
      expect(result).toMatchObject({
        content: [{ type: 'text' }],
        ...(era === 'modern' && { resultType: 'complete' }),
      });
    }
  });

  test(`${kind}: a modern server that asks inside its answer gets its answer from the caller`, async () => {
    const { dispatcher, registry } = await open();
    registry.register(spec('modern', { launches: [await way()], protocol: 'modern' }));
    await registry.ready('modern');
    const asked: string[] = [];
    const peer = {
      request: async (method: string) => {
        asked.push(method);
        return { action: 'accept', content: { name: 'Ada' } };
      },
    };
    const outcome = await dispatcher.call(
      registry.resolve('modern/test_input_required_result_elicitation'),
      {},
      { caller: { principal: 'p', peer } },
    );
    expect(asked).toEqual(['elicitation/create']);
    expect(outcome.result.isError).not.toBe(true);
    expect(textOf(outcome.result)).toContain('Ada');
    const unanswered = await dispatcher.call(registry.resolve('modern/test_input_required_result_elicitation'), {});
    expect(unanswered.result).toMatchObject({ resultType: 'input_required' });
  });

  test(`${kind}: a modern server's changed lists are heard of`, async () => {
    const { dispatcher, registry } = await open();
    registry.register(spec('modern', { launches: [await way()], protocol: 'modern' }));
    await registry.ready('modern');
    const heard: RpcNotification[] = [];
    dispatcher.onNotification((_server, notification) => heard.push(notification));
    // Listening begins beside the first calls: a change before it is not told.
    while (!heard.some(({ method }) => method === 'notifications/tools/list_changed')) {
      await dispatcher.call(registry.resolve('modern/test_trigger_tool_change'), {});
      await sleep(20);
    }
  });
}

test('a question of a modern server with a capability that the caller does not have shows as its error', async () => {
  const { dispatcher, registry } = await open();
  registry.register(spec('modern', { launches: [await overHttp()], protocol: 'modern' }));
  await registry.ready('modern');
  const meta = {
    'io.modelcontextprotocol/clientCapabilities': {},
    'io.modelcontextprotocol/clientInfo': { name: 'theirs', version: '7' },
  };
  await expect(dispatcher.call(registry.resolve('modern/test_missing_capability'), {}, { meta })).rejects.toMatchObject(
    {
      code: 'SERVER_FAILED',
      data: { rpc: { code: -32021 } },
    },
  );
});

test('over HTTP a server of both eras is spoken to in the modern one, over stdio in the old one', async () => {
  const { dispatcher, registry } = await open();
  registry.register(spec('http', { launches: [await overHttp()] }));
  registry.register(spec('stdio', { launches: [node(main)] }));
  await registry.ready('http');
  await registry.ready('stdio');
  expect((await dispatcher.open('http')).era).toBe('modern');
  expect((await dispatcher.open('stdio')).era).toBe('legacy');
});

test('a server of the old era says so once', async () => {
  const { dispatcher, registry } = await open();
  registry.register(spec('old', { launches: [node(fixture('echo.ts'))] }));
  await registry.ready('old');
  expect(await dispatcher.eras('old')).toEqual(['legacy']);
  const began = performance.now();
  expect(await dispatcher.eras('old')).toEqual(['legacy']);
  expect(performance.now() - began).toBeLessThan(20);
  await expect(dispatcher.open('old', { era: 'modern' })).rejects.toMatchObject({
    code: 'ERA_UNSUPPORTED',
    alternatives: ['legacy'],
  });
});

test('parameters travel as their own text, and other members of the request with them', async () => {
  const { dispatcher, registry } = await open();
  registry.register(spec('echo', { launches: [node(fixture('echo.ts'))] }));
  await registry.ready('echo');
  const tool = registry.resolve('echo/add');
  const call = async (parametersText: string) =>
    textOf(
      (await dispatcher.call(tool, JSON.parse(parametersText), { parametersText, extra: { task: undefined } })).result,
    );
  expect(await call('{"a":1.0,"b":2}')).toBe('3');
  expect(await call('{\n "a": 1,\r\n "b": 4}')).toBe('5');
});
