import type { RegistryChange, Server, ToolStatistics } from './api.ts';
import type { Registry } from './registry.ts';

/** What a swapped registry leaves to the next one. It stays in this process, so listeners can be part of it. */
export interface RegistryState {
  readonly version: number;
  readonly servers: readonly Server[];
  readonly statistics: ReadonlyMap<string, ToolStatistics>;
  readonly listeners: ReadonlySet<(change: RegistryChange) => void>;
  /** Undos that the old registry handed out act on the next one from now on. */
  follow(next: Registry): void;
}
