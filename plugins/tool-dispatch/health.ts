import type { ServerHealth } from '#plugins/tool-registry/api';
import type { Breaker } from './breaker.ts';
import type { Link } from './link.ts';

type Health = Omit<ServerHealth, 'since'>;

/** Has every connection answered, or been given up? */
export function isSettled(links: readonly Link[], listed: boolean): boolean {
  const ready = links.some(({ state }) => state === 'ready');
  if (ready) return listed;
  return links.length > 0 && links.every(({ problem }) => problem !== undefined);
}

/** How a server is, by its connections: one that works is enough. */
export function healthOf(links: readonly Link[], breaker: Breaker, settled: boolean): Health {
  if (breaker.open) return { state: 'failed', error: breaker.why, settled };
  if (links.some(({ state }) => state === 'ready')) return { state: 'ready', settled };
  const broken = links.find(
    ({ state, problem }) => problem !== undefined && (state === 'waiting' || state === 'connecting'),
  );
  if (broken?.problem !== undefined) {
    const { message, hint } = broken.problem;
    return { state: 'failed', error: hint === undefined ? message : `${message} (${hint})`, settled };
  }
  return { state: links.some(({ state }) => state === 'connecting') ? 'starting' : 'known', settled };
}
