import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { HTTP_SERVER } from '#plugins/http/api';
import { bootEndpoint, ECHO, until } from './endpoint-under-test.ts';

let house: Awaited<ReturnType<typeof bootEndpoint>>;
beforeAll(async () => {
  house = await bootEndpoint([ECHO], {}, { http: { port: 0 } }, { watch: true });
  await house.kernel.watching();
});
afterAll(() => house.close());

it('a session goes on when one word in the pipeline changes the endpoint, and hears that its tools changed', async () => {
  const { url } = house.kernel.get(HTTP_SERVER).address;
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
  };
  const send = (method: string, params: object = {}) =>
    fetch(`${url}/mcp`, { method: 'POST', headers, body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }) });
  const hello = await send('initialize', {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 't', version: '0' },
  });
  await hello.text();
  headers['mcp-session-id'] = hello.headers.get('mcp-session-id')!;
  const names = async () => {
    const answer = (await (await send('tools/list')).json()) as { result: { tools: { name: string }[] } };
    return answer.result.tools.map(({ name }) => name);
  };
  expect(await names()).toContain('echo__add');
  const stream = await fetch(`${url}/mcp`, { headers });
  let heard = '';
  void (async () => {
    for await (const chunk of stream.body!) heard += Buffer.from(chunk).toString();
  })().catch(() => undefined);

  const pipeline = JSON.parse(readFileSync(house.kernel.file, 'utf8'));
  pipeline.plugins['mcp-endpoint'] = { mode: 'search' };
  writeFileSync(house.kernel.file, JSON.stringify(pipeline));
  await until(() =>
    house.kernel.lines.some(({ msg, plugin }) => plugin === 'mcp-endpoint' && msg === 'Plugin swapped.'),
  );
  expect(await names()).toEqual(['search_tools', 'call_tool']);
  await until(() => heard.includes('notifications/tools/list_changed'));
});
