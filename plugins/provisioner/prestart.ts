import { type Log, reason } from '#kernel';
import type { ToolRegistry } from '#plugins/tool-registry/api';
import type { ProvisionerConfig } from './config.ts';
import type { Installations } from './installations.ts';
import type { Registration } from './registration.ts';

interface Parts {
  readonly config: ProvisionerConfig;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly registry: ToolRegistry;
  readonly installations: Installations;
  readonly registration: Registration;
}

/** Starts the installed servers that were called most, so that their next call need not wait until they are up. */
export async function prestart({ config, log, signal, registry, installations, registration }: Parts): Promise<void> {
  const calls = (server: string): number =>
    (registry.snapshot.servers.get(server)?.tools ?? []).reduce(
      (sum, { id }) => sum + (registry.statistics(id)?.calls ?? 0),
      0,
    );
  const most = installations.all
    .map(({ server }) => ({ server, calls: calls(server) }))
    .filter((each) => each.calls > 0)
    .sort((a, b) => b.calls - a.calls)
    .slice(0, config.prestart);
  for (const { server } of most)
    try {
      await registration.handshake(server, signal);
    } catch (error) {
      signal.throwIfAborted();
      log.warn('not started ahead', { server, reason: reason(error) });
    }
}
