import type { RegistryChange, Server, ServerSpec, ToolStatistics } from './api.ts';
import type { LearntTools } from './learnt.ts';

/** What a swapped registry leaves to the next one. It stays in this process, so listeners can be part of it. */
export interface RegistryState {
  readonly version: number;
  readonly servers: readonly Server[];
  readonly statistics: ReadonlyMap<string, ToolStatistics>;
  /** Servers whose tools are those of an earlier launch. */
  readonly guessed: ReadonlySet<string>;
  /** By server, what the undo of its latest registration shows. */
  readonly latest: ReadonlyMap<string, symbol>;
  readonly learnt: LearntTools;
  readonly listeners: ReadonlySet<(change: RegistryChange) => void>;
  /** Undos that the old registry handed out act on the next one from now on. */
  follow(next: Remover): void;
}

/** Takes a server out, unless it was replaced, or registered again, since. */
export interface Remover {
  remove(spec: ServerSpec, registration: symbol): void;
}
