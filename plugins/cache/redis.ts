import { randomUUID } from 'node:crypto';
import type { RedisClientConnectionType } from '@keyv/redis';
import type { Log } from '#kernel';
import type { CacheConfig } from './config.ts';
import { type Layer, openKeyv, PlacedLayer } from './layer.ts';
import { Place } from './place.ts';
import { RedisClock } from './redis-clock.ts';

interface RedisParts {
  readonly config: CacheConfig;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Which database this process works with. */
  readonly database: string;
}
export interface OpenRedis {
  readonly place: Place;
  readonly clock: RedisClock;
  layer(space: string, tag: string): Layer;
  close(): void;
}

/** Connected, or trying to: the client does so in the background until it is closed. */
export async function openRedis({ config, log, signal, database }: RedisParts): Promise<OpenRedis> {
  const { url, prefix, timeoutMs, retryMs, connectMs, keepMs } = config.redis;
  const { createClient, default: KeyvRedis } = await import('@keyv/redis');
  const client = createClient({
    url,
    // Who is away is left alone; nothing is kept to be sent later.
    disableOfflineQueue: true,
    socket: { connectTimeout: Math.max(connectMs, timeoutMs), reconnectStrategy: () => Math.min(retryMs, 1_000) },
  });
  const clock = new RedisClock({
    commands: client,
    key: `${prefix}tool_cache:tags`,
    maxTags: config.maxTags,
    database,
  });
  const restore = async (missed: readonly string[]): Promise<void> => {
    if (!client.isReady) throw new Error(lastError);
    await clock.open(/^run_id:(\w+)/m.exec(await client.info('server'))?.[1] ?? randomUUID());
    if (missed.length > 0) await clock.bump(missed);
  };
  let lastError = 'not connected';
  const place = new Place({ name: 'Redis', timeoutMs, retryMs, log, signal, restore, isGone: () => !client.isReady });
  client.on('error', (error: Error) => {
    lastError = error.message || error.name;
    place.left(error);
  });
  const adapter = new KeyvRedis(client as unknown as RedisClientConnectionType, {
    throwOnErrors: true,
    throwOnConnectError: true,
  });
  // Errors reach whoever asked; unheard ones would end the process.
  adapter.on('error', () => {});
  const keyv = await openKeyv(adapter);
  client.connect().catch(() => {});
  await once(client, connectMs);
  await place.open(timeoutMs);
  return {
    place,
    clock,
    layer: (space, missedTag) =>
      new PlacedLayer({ keyv, place, missedTag, keyOf: (key) => `${prefix}${space}:${key}`, mostKeepMs: keepMs }),
    close: () => {
      if (client.isOpen) client.destroy();
    },
  };
}

/** Until the client is ready, for this long. */
function once(client: { once(event: 'ready', listener: () => void): unknown }, waitMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, waitMs);
    timer.unref();
    client.once('ready', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
