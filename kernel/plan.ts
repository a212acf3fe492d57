import type { AnyPlugin } from './contract.ts';
import type { PipelineKeys } from './limits.ts';
import type { Folder, Loaded } from './load.ts';
import type { Place } from './problem.ts';
import type { MapTree } from './tree.ts';

/** One plugin of a pipeline, ready to be created. */
export interface PlanEntry {
  readonly id: string;
  readonly name: string;
  readonly at: Place;
  readonly plugin: Loaded & { readonly spec: AnyPlugin };
  readonly config: unknown;
  readonly tree: MapTree | undefined;
  /** The options as written, to see whether an edit changed them. */
  readonly raw: string;
  readonly claims: readonly string[];
}

/** One offer of a plugin: a service alone, or one named provider among many. */
export interface Offer {
  readonly id: string;
  /** The key in what `create` returns. */
  readonly key: string;
}

/** Who provides what, who waits for whom. */
export interface Wiring {
  readonly order: readonly string[];
  /** For each id the ids that are created and started before it because it uses them. */
  readonly uses: ReadonlyMap<string, ReadonlySet<string>>;
  readonly single: ReadonlyMap<symbol, Offer>;
  readonly many: ReadonlyMap<symbol, ReadonlyMap<string, Offer>>;
  /** Ids that provide `kernel.main`. */
  readonly mains: readonly string[];
}

export interface Plan extends Wiring {
  readonly file: string;
  readonly name: string;
  readonly keys: PipelineKeys;
  /** In the order in which they are created and started. */
  readonly entries: readonly PlanEntry[];
}

/** What plugin folders there are, and those of them that were imported. */
export interface Catalog {
  readonly folders: ReadonlyMap<string, Folder>;
  readonly loaded: ReadonlyMap<string, Loaded>;
  /** Folders that are hidden by one of the same name in a folder that is searched earlier. */
  readonly hidden: readonly Folder[];
}
