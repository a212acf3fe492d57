import { fault } from '#kernel';
import type { Owner, RawHandler, RawOptions, Route, UpgradeHandler } from './api.ts';

/** `handle` takes what the route's own schemas let through. */
export type AnyRoute = Omit<Route, 'handle'> & { handle(request: unknown): ReturnType<Route['handle']> };

interface Entry {
  /** What may be taken only once: method and path, without the names of parameters. */
  readonly key: string;
  readonly owner: Owner | undefined;
}
export interface RouteEntry extends Entry {
  readonly route: AnyRoute;
}
export interface RawEntry extends Entry {
  readonly path: string;
  readonly options: RawOptions;
  readonly handler: RawHandler;
}
export interface UpgradeEntry extends Entry {
  readonly path: string;
  readonly options: RawOptions;
  readonly handler: UpgradeHandler;
}

/**
 * All that plugins registered, in order. Plain data without methods: a new version of this plugin takes over the same
 * object, and the undos that its predecessor gave out keep working on it.
 */
export interface Registrations {
  readonly routes: RouteEntry[];
  readonly raws: RawEntry[];
  readonly upgrades: UpgradeEntry[];
  /** Grows with every change; whoever compiled an older one compiles again. */
  version: number;
}

export const noRegistrations = (): Registrations => ({ routes: [], raws: [], upgrades: [], version: 0 });

/**
 * Stacks an entry: the newest of a key serves, and its undo brings back the one below. Two generations of one plugin
 * overlap in a swap, so they may stack; two plugins, or one twice in a generation, may not.
 */
export function stack<E extends Entry>(state: Registrations, list: E[], entry: E): () => void {
  const taken = list.findLast((other) => other.key === entry.key);
  if (taken !== undefined && !mayStack(taken.owner, entry.owner)) {
    const by = taken.owner === undefined ? 'another plugin' : `plugin "${taken.owner.id}"`;
    throw fault('HTTP_ROUTE_TWICE', `${entry.key} is already served by ${by}`, { kind: 'conflict' });
  }
  list.push(entry);
  state.version++;
  return () => {
    const at = list.indexOf(entry);
    if (at === -1) return;
    list.splice(at, 1);
    state.version++;
  };
}

const mayStack = (below: Owner | undefined, above: Owner | undefined): boolean =>
  below === undefined || above === undefined
    ? below === above
    : below.id === above.id && below.generation !== above.generation;
