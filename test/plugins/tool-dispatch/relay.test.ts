import { expect, test, vi } from 'vitest';
import type { Caller, Peer, RpcNotification } from '#plugins/tool-dispatch/api';
import { start } from './support/background.ts';
import { fixture, node, open, sleep, textOf } from './support/dispatch.ts';
import { spec } from './support/registry.ts';

const withPeer = (peer: Peer): { caller: Caller } => ({ caller: { principal: 'p', peer } });

async function opened(kind: 'stdio' | 'http', config = {}, timeouts = { connectMs: 8000, callMs: 6000, idleMs: 0 }) {
  const all = await open(config);
  if (kind === 'stdio') all.registry.register(spec('echo', { launches: [node(fixture('echo.ts'))], timeouts }));
  else {
    const { address } = await start(fixture('echo.ts'), ['--http', '0']);
    all.registry.register(spec('echo', { launches: [{ kind: 'http', url: address, headers: {} }], timeouts }));
  }
  await all.registry.ready('echo');
  return all;
}

for (const kind of ['stdio', 'http'] as const) {
  test(`${kind}: progress reaches the caller with its own token`, async () => {
    const { dispatcher, registry } = await opened(kind);
    const seen: RpcNotification[] = [];
    const outcome = await dispatcher.call(
      registry.resolve('echo/progress'),
      { steps: 3 },
      { ...withPeer({ notify: (n) => seen.push(n) }), meta: { progressToken: 'mine' } },
    );
    expect(textOf(outcome.result)).toBe('3 steps done');
    expect(seen.map(({ params }) => params)).toMatchObject(
      [1, 2, 3].map((progress) => ({ progressToken: 'mine', progress, total: 3, message: `step ${progress}` })),
    );
  });

  test(`${kind}: what a server logs in mid-call reaches that caller`, async () => {
    const { dispatcher, registry } = await opened(kind);
    const seen: RpcNotification[] = [];
    await dispatcher.call(
      registry.resolve('echo/log'),
      { level: 'info', line: 'hello' },
      withPeer({ notify: (n) => seen.push(n) }),
    );
    expect(seen).toMatchObject([{ method: 'notifications/message', params: { data: 'hello' } }]);
  });

  test(`${kind}: questions go to the caller whose call they belong to`, async () => {
    const { dispatcher, registry } = await opened(kind);
    const request = vi.fn(async (method: string) =>
      method === 'elicitation/create'
        ? { action: 'accept', content: { name: 'Ada' } }
        : method === 'roots/list'
          ? { roots: [{ uri: 'file:///home' }] }
          : { role: 'assistant', model: 'none', content: { type: 'text', text: 'hm' } },
    );
    const call = async (name: string, args: object) =>
      (await dispatcher.call(registry.resolve(`echo/${name}`), { ...args }, withPeer({ request }))).result
        .structuredContent;
    expect(await call('ask', { message: 'name?' })).toEqual({ action: 'accept', content: { name: 'Ada' } });
    expect(await call('sample', { prompt: 'p' })).toEqual({ model: 'none', content: { type: 'text', text: 'hm' } });
    expect(await call('roots', {})).toMatchObject({ roots: [{ uri: 'file:///home' }] });
    expect(request.mock.calls.map(([method]) => method)).toEqual([
      'elicitation/create',
      'sampling/createMessage',
      'roots/list',
    ]);
  });

  test(`${kind}: where nobody can answer, the server is told so`, async () => {
    const { dispatcher, registry } = await opened(kind);
    await expect(dispatcher.call(registry.resolve('echo/ask'), { message: 'name?' })).rejects.toMatchObject({
      code: 'SERVER_FAILED',
      message: expect.stringMatching(/no client .* can answer "elicitation\/create"/),
    });
  });

  test(`${kind}: a cancelled call ends at once, and the server hears of it`, async () => {
    const { dispatcher, registry } = await opened(kind);
    const abort = new AbortController();
    const call = dispatcher.call(registry.resolve('echo/sleep'), { ms: 5000 }, { signal: abort.signal });
    await sleep(80);
    const began = performance.now();
    abort.abort();
    await expect(call).rejects.toMatchObject({ code: 'CALL_CANCELLED', kind: 'cancelled' });
    expect(performance.now() - began).toBeLessThan(100);
    expect(textOf((await dispatcher.call(registry.resolve('echo/echo'), { text: 'on' })).result)).toBe('on');
  });
}

test('the clock stands still while somebody answers, and runs on after', async () => {
  const { dispatcher, registry } = await opened('stdio', {}, { connectMs: 8000, callMs: 300, idleMs: 0 });
  const slowly: Peer = {
    request: async () => {
      await sleep(700);
      return { action: 'accept', content: { name: 'Slow' } };
    },
  };
  const outcome = await dispatcher.call(registry.resolve('echo/ask'), { message: 'name?' }, withPeer(slowly));
  expect(outcome.result.structuredContent).toEqual({ action: 'accept', content: { name: 'Slow' } });
});

test('each progress message gives a call more time, up to a cap', async () => {
  const patient = await opened('stdio', {}, { connectMs: 8000, callMs: 200, idleMs: 0 });
  const options = { ...withPeer({ notify: () => {} }), meta: { progressToken: 1 } };
  const tool = patient.registry.resolve('echo/progress');
  expect(textOf((await patient.dispatcher.call(tool, { steps: 40 }, options)).result)).toBe('40 steps done');
  const capped = await opened('stdio', { maxCallMs: 250 }, { connectMs: 8000, callMs: 200, idleMs: 0 });
  await expect(capped.dispatcher.call(tool, { steps: 60 }, options)).rejects.toMatchObject({ code: 'SERVER_TIMEOUT' });
});

test('a question dies with its call', async () => {
  const { dispatcher, registry } = await opened('stdio');
  const abort = new AbortController();
  let asked: AbortSignal | undefined;
  const peer: Peer = {
    request: (_method, _params, signal) => {
      asked = signal;
      return new Promise(() => {});
    },
  };
  const call = dispatcher.call(
    registry.resolve('echo/ask'),
    { message: 'x' },
    { ...withPeer(peer), signal: abort.signal },
  );
  call.catch(() => {});
  await registry.until(() => asked !== undefined);
  abort.abort();
  await expect(call).rejects.toMatchObject({ code: 'CALL_CANCELLED' });
  await registry.until(() => asked?.aborted === true);
});

test('what a server says outside of any call reaches those who listen', async () => {
  const { dispatcher, registry } = await opened('stdio');
  const heard: string[] = [];
  const off = dispatcher.onNotification((server, { method }) => heard.push(`${server} ${method}`));
  await dispatcher.call(registry.resolve('echo/change_tools'), {});
  await registry.until(() => heard.includes('echo notifications/tools/list_changed'));
  off();
  await dispatcher.call(registry.resolve('echo/change_tools'), {});
  await registry.until(() => registry.toolsById.has('echo/added_2'));
  expect(heard).toHaveLength(1);
});

test('a conversation passes requests, errors and results through', async () => {
  const { dispatcher } = await opened('stdio');
  const conversation = await dispatcher.open('echo');
  expect(conversation).toMatchObject({
    server: 'echo',
    era: 'legacy',
    hello: { serverInfo: { name: 'echo-fixture' } },
  });
  const { text, result } = await conversation.request('tools/call', { name: 'echo', arguments: { text: 'hi' } });
  expect(JSON.parse(text)).toEqual(result);
  expect(result).toMatchObject({ content: [{ text: 'hi' }] });
  await expect(conversation.request('no/such', {})).rejects.toMatchObject({ name: 'RpcError', rpc: { code: -32601 } });
  await expect(dispatcher.open('echo', { era: 'modern' })).rejects.toMatchObject({ code: 'ERA_UNSUPPORTED' });
  expect(await dispatcher.eras('echo')).toEqual(['legacy']);
});
