import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ServerSpec } from '#plugins/tool-registry/api';
import { node, open, textOf } from './support/dispatch.ts';
import { spec } from './support/registry.ts';

const fixture = (name: string): string => join(import.meta.dirname, '../../fixtures/servers', name);
const echo = (id: string, over: Partial<ServerSpec> = {}): ServerSpec =>
  spec(id, { launches: [node(fixture('echo.ts'))], ...over });

test('an eager server is started, its tools are listed, and a call answers', async () => {
  const { dispatcher, registry, health } = await open();
  registry.register(echo('echo'));
  expect(health().ready).toBe(false);
  await registry.until(() => registry.servers.get('echo')?.health.state === 'ready' && registry.toolsById.size > 0);
  await registry.until(() => health().ready === true);
  const outcome = await dispatcher.call(registry.resolve('echo/echo'), { text: 'hi' });
  expect(textOf(outcome.result)).toBe('hi');
  expect(JSON.parse(outcome.text)).toEqual(outcome.result);
  expect(registry.observed).toMatchObject([{ tool: 'echo/echo', outcome: 'ok', resultBytes: outcome.text.length }]);
});
