import { isFault } from '#kernel';
import type { ToolDispatcher } from '#plugins/tool-dispatch/api';
import type { Server, Tool, ToolRegistry } from '#plugins/tool-registry/api';

/** How long a server that is connected may take to list its tools before the caller is told that there are none. */
const LISTING_MS = 5_000;

const UNLISTED: ReadonlySet<string> = new Set(['TOOL_UNKNOWN', 'SERVER_UNAVAILABLE']);

/**
 * Finds a tool. Of a server that was never connected nobody knows the tools: it is connected first, so that a call right
 * after its registration, or the first one to a lazy server, finds its tool. Faults: of `resolve`, and of connecting.
 */
export async function findTool(
  registry: ToolRegistry,
  dispatcher: ToolDispatcher,
  name: string,
  action: string | undefined,
  signal: AbortSignal,
): Promise<Tool> {
  try {
    return registry.resolve(name, action);
  } catch (error) {
    if (!isFault(error) || !UNLISTED.has(error.code)) throw error;
    const server = serverOf(registry, name);
    if (server === undefined || !isUnlisted(server)) throw error;
    await dispatcher.open(server.id, { signal });
    await listed(registry, server.id, signal);
    return registry.resolve(name, action);
  }
}

/** A lazy server is connected by calls alone, so also by the one after a failure. */
const isUnlisted = ({ tools, health, spec }: Server): boolean =>
  tools.length === 0 &&
  (!health.settled ||
    health.state === 'known' ||
    health.state === 'starting' ||
    (health.state === 'failed' && spec.start === 'lazy'));

function serverOf(registry: ToolRegistry, name: string): Server | undefined {
  for (const candidate of [name, name.split('/', 1)[0]!, name.split('__', 1)[0]!]) {
    try {
      return registry.server(candidate);
    } catch {
      // Not a server in this reading.
    }
  }
  return undefined;
}

function listed(registry: ToolRegistry, id: string, signal: AbortSignal): Promise<void> {
  const isListed = (): boolean => {
    const server = registry.snapshot.servers.get(id);
    if (server === undefined || server.tools.length > 0) return true;
    // A lazy server counts as settled from the beginning.
    return server.spec.start === 'eager' && server.health.settled;
  };
  if (isListed()) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      unwatch();
      clearTimeout(limit);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const unwatch = registry.onChange(({ server }) => {
      if (server === id && isListed()) end();
    });
    const limit = setTimeout(end, LISTING_MS);
    signal.addEventListener('abort', end);
  });
}
