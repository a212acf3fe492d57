import type { z } from 'zod';
import type { Events } from './events.ts';
import type { Log } from './log.ts';
import type { All, Many, Token } from './token.ts';

/**
 * A plugin is one folder with an `index.ts` (or `index.js`) whose default export is `definePlugin({...})`.
 * The module itself, and `create`, do nothing but construct: no I/O, no timers, no heavy imports.
 * `start` connects and may begin background work that ends with `signal`. `stop` is safe without `start` and twice;
 * after it no call arrives. Every side effect registers its undo with `defer` where it is made.
 */
export type Requirements = Readonly<Record<string, Token<unknown> | All<unknown>>>;
export type Provisions = Readonly<Record<string, Token<unknown> | Many<unknown>>>;

type ServiceOf<D> = D extends Token<infer T> ? T : D extends Many<infer T> ? T : never;
type Injected<D> = D extends All<infer T> ? ReadonlyMap<string, T> : D extends Token<infer T> ? T : never;

export type Undo = () => void | Promise<void>;

/** What every plugin gets, besides its services. */
export interface PluginContext<Config> {
  readonly config: Config;
  readonly log: Log;
  readonly events: Events;
  /** Aborted when this generation must end: the plugin is swapped, removed, or the kernel stops. */
  readonly signal: AbortSignal;
  /** Register an undo. Undos run last-in first-out after `stop`, each with a deadline, whatever the others do. */
  readonly defer: (undo: Undo) => void;
  /** Id in the pipeline: `plugin` or `plugin/label`. */
  readonly id: string;
  /** 1 for the first load, one more with each swap. */
  readonly generation: number;
}

export interface Health {
  readonly ok: boolean;
  /** False while the plugin still waits for something that it promised to wait for; `/ready` reports it. Default true. */
  readonly ready?: boolean;
  /** Shown in `status` and `/health`; never a secret. */
  readonly detail?: Readonly<Record<string, unknown>>;
}

export interface Lifecycle {
  start?(): void | Promise<void>;
  stop?(): void | Promise<void>;
  health?(): Health;
  /** Plain data for the next version; called when the old one still serves. */
  exportState?(): unknown;
  importState?(state: unknown): void;
}

export type Created<P extends Provisions> = { readonly [K in keyof P]: ServiceOf<P[K]> } & Lifecycle;

export interface PluginSpec<
  C extends z.ZodObject = z.ZodObject,
  R extends Requirements = Requirements,
  O extends Requirements = Requirements,
  P extends Provisions = Provisions,
> {
  /** The folder's name. */
  readonly name: string;
  /** One sentence for `kernel list`. */
  readonly summary: string;
  /** A strict object in which every field has a default (or is optional) and a description. */
  readonly config: C;
  readonly requires?: R;
  readonly optional?: O;
  readonly provides?: P;
  /** Why its services cannot serve under these options, in words; `kernel check` tells it of everybody who needs one. Pure. */
  readonly lacks?: (config: z.output<C>) => string | undefined;
  /** Names of `optional` services that it cannot do its work without under these options. Pure. */
  readonly needs?: (config: z.output<C>) => readonly string[];
  /** Claims that only one plugin may hold, e.g. `tcp:8090` or `dir:data`. A claim makes a swap stop the old version first. */
  readonly resources?: (config: z.output<C>) => readonly string[];
  /** With `exportState` and `importState`: state of another version is not handed over. */
  readonly stateVersion?: number;
  /** How long calls into the old version may go on after a swap, in milliseconds; overrides `limits.drainMs`. */
  readonly drainMs?: number;
  readonly create: (
    context: PluginContext<z.output<C>> & { readonly [K in keyof R]: Injected<R[K]> } & {
      readonly [K in keyof O]: Injected<O[K]> | undefined;
    },
  ) => Created<P>;
}

/** A plugin whose type parameters are forgotten: what the kernel itself handles. */
export type AnyPlugin = Omit<PluginSpec, 'create'> & {
  readonly create: (
    context: PluginContext<unknown> & Readonly<Record<string, unknown>>,
  ) => Readonly<Record<string, unknown>> & Lifecycle;
};

export function definePlugin<
  C extends z.ZodObject,
  R extends Requirements = Record<never, never>,
  O extends Requirements = Record<never, never>,
  P extends Provisions = Record<never, never>,
>(spec: PluginSpec<C, R, O, P>): PluginSpec<C, R, O, P> {
  return spec;
}
