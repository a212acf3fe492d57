import { expect, test } from 'vitest';
import httpPlugin from '../../../plugins/http/index.ts';
import telemetryPlugin from '../../../plugins/telemetry/index.ts';
import { openPlugin } from '../open-plugin.ts';
import { openBench } from './open-cache.ts';

const { open } = openBench();

async function serve() {
  const kernel = { status: () => ({ ok: true, ready: true, plugins: [] }) };
  const telemetry = await openPlugin(telemetryPlugin, { defaultMetrics: false }, { kernel });
  const http = await openPlugin(httpPlugin, { port: 0 }, { kernel });
  const services = { http: http.plugin.server, telemetry: telemetry.plugin.telemetry };
  const opened = await open({}, { services });
  const ask = async (method: string, path: string) => {
    const response = await fetch(`${http.plugin.server.address.url}${path}`, { method });
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
  };
  const close = async (): Promise<void> => {
    await opened.close();
    await http.close();
    await telemetry.close();
  };
  return { cache: opened.cache, telemetry: telemetry.plugin.telemetry, ask, close };
}

test('statistics and emptying over REST, and the same numbers as metrics', async () => {
  const { cache, telemetry, ask, close } = await serve();
  try {
    const space = cache.space<number>('tool_discovery:github_api');
    for (let n = 0; n < 4; n += 1) await space.through('k', async () => ({ value: 1 }));
    const { status, body } = await ask('GET', '/api/v1/cache');
    expect(status).toBe(200);
    expect(body.layers).toEqual([
      { layer: 'memory', available: true },
      { layer: 'persistent', available: true },
    ]);
    expect(body.spaces).toEqual([
      expect.objectContaining({
        space: 'tool_discovery:github_api',
        hits: 3,
        misses: 1,
        hit_ratio: 0.75,
        ttl_ms: 3_600_000,
        entries: 1,
      }),
    ]);
    const { text } = await telemetry.metrics();
    expect(text).toMatch(/datapresso_cache_requests_total\{space="tool_discovery:github_api",result="hits"\} 3/);
    expect(text).toMatch(/datapresso_cache_memory_bytes \d+/);
    expect(await ask('DELETE', '/api/v1/cache/tool_discovery:github_api')).toEqual({ status: 204, body: undefined });
    expect(await space.get('k')).toBeUndefined();
    const unknown = await ask('DELETE', '/api/v1/cache/tool_discovery:github');
    expect(unknown.status).toBe(404);
    expect(unknown.body).toMatchObject({ code: 'CACHE_SPACE_UNKNOWN' });
    expect(JSON.stringify(unknown.body)).toContain('tool_discovery:github_api');
  } finally {
    await close();
  }
});
