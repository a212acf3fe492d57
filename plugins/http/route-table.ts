import type { Config, HTTPMethod, HTTPVersion, Instance } from 'find-my-way';
import { nearest, type Undo } from '#kernel';
import type { RawHandler, RawOptions, UpgradeHandler } from './api.ts';
import {
  type AnyRoute,
  noRegistrations,
  type RawEntry,
  type Registrations,
  type RouteEntry,
  stack,
  type UpgradeEntry,
} from './registrations.ts';

export type NewRouter = (options: Config<HTTPVersion.V1>) => Instance<HTTPVersion.V1>;

export interface Matched {
  readonly route: AnyRoute;
  readonly params: Readonly<Record<string, string | undefined>>;
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
const LONGEST_PARAMETER = 1_024;

interface Compiled {
  readonly router: Instance<HTTPVersion.V1>;
  readonly rawExact: ReadonlyMap<string, RawEntry>;
  /** Longest first. */
  readonly rawPrefixes: readonly (RawEntry & { readonly prefix: string })[];
  readonly upgrades: ReadonlyMap<string, UpgradeEntry>;
  readonly versions: readonly [number, number];
}

/**
 * Who serves which path. Fastify takes no routes once it listens, so the router is ours: compiled again at the first
 * request after a change and replaced in one step.
 */
export class RouteTable {
  /** Of this plugin itself; ends with the generation. */
  readonly #own = noRegistrations();
  /** Of all other plugins; handed to the next generation. */
  #shared = noRegistrations();
  #compiled: Compiled | undefined;
  #newRouter: NewRouter | undefined;

  begin(newRouter: NewRouter): void {
    this.#newRouter = newRouter;
  }
  get shared(): Registrations {
    return this.#shared;
  }
  adopt(shared: Registrations): void {
    this.#shared = shared;
    this.#compiled = undefined;
  }
  /** Changes whenever another set of routes serves. */
  get version(): string {
    return `${this.#own.version}.${this.#shared.version}`;
  }

  addOwn(route: AnyRoute): Undo {
    return addRoute(this.#own, route);
  }
  addRoute(route: AnyRoute): Undo {
    return addRoute(this.#shared, route);
  }
  addRaw(path: string, options: RawOptions, handler: RawHandler): Undo {
    const entry = { key: path, path, options, handler, owner: options.owner };
    return stack(this.#shared, this.#shared.raws, entry);
  }
  addUpgrade(path: string, options: RawOptions, handler: UpgradeHandler): Undo {
    const entry = { key: `WebSocket ${path}`, path, options, handler, owner: options.owner };
    return stack(this.#shared, this.#shared.upgrades, entry);
  }

  raw(path: string): RawEntry | undefined {
    const { rawExact, rawPrefixes } = this.#current();
    const exact = rawExact.get(path);
    if (exact !== undefined) return exact;
    for (const entry of rawPrefixes) if (path.startsWith(entry.prefix)) return entry;
    return path.length > 1 && path.endsWith('/') ? rawExact.get(path.slice(0, -1)) : undefined;
  }
  upgrade(path: string): UpgradeEntry | undefined {
    return this.#current().upgrades.get(path);
  }
  find(method: string, path: string): Matched | undefined {
    const found = this.#current().router.find((method === 'HEAD' ? 'GET' : method) as HTTPMethod, path);
    // `store` is only set for entries of ours; what the router answers to odd paths has none.
    const entry = found?.store as RouteEntry | null | undefined;
    if (!found || !entry) return undefined;
    const wildcard = wildcardOf(entry.route.path);
    if (wildcard === undefined) return { route: entry.route, params: found.params };
    const { '*': rest, ...params } = found.params;
    return { route: entry.route, params: { ...params, [wildcard]: rest } };
  }
  /** Methods that this path would take. */
  methods(path: string): string[] {
    const known = METHODS.filter((method) => this.find(method, path) !== undefined);
    return known.includes('GET') ? [...known, 'HEAD'] : known;
  }
  nearest(path: string): string[] {
    const { rawExact, rawPrefixes, upgrades } = this.#current();
    const routes = this.routes().map((route) => route.path);
    const known = [...routes, ...rawExact.keys(), ...rawPrefixes.map((entry) => entry.path), ...upgrades.keys()];
    return nearest(path.slice(0, 200), new Set(known));
  }

  /** What serves now, the newest of each path. */
  routes(): AnyRoute[] {
    return newest([...this.#own.routes, ...this.#shared.routes]).map((entry) => entry.route);
  }
  raws(): RawEntry[] {
    return newest(this.#shared.raws);
  }
  upgrades(): UpgradeEntry[] {
    return newest(this.#shared.upgrades);
  }

  #current(): Compiled {
    const compiled = this.#compiled;
    if (
      compiled !== undefined &&
      compiled.versions[0] === this.#own.version &&
      compiled.versions[1] === this.#shared.version
    )
      return compiled;
    this.#compiled = this.#compile();
    return this.#compiled;
  }

  #compile(): Compiled {
    const router = this.#newRouter!({
      ignoreTrailingSlash: true,
      maxParamLength: LONGEST_PARAMETER,
      defaultRoute: nothing,
      onBadUrl: nothing,
    });
    for (const entry of newest([...this.#own.routes, ...this.#shared.routes])) {
      const { method, path } = entry.route;
      router.on(method, path.replace(/\*\w+$/, '*'), {}, nothing, entry);
    }
    const raws = this.raws();
    return {
      router,
      rawExact: new Map(raws.filter((raw) => !raw.path.endsWith('/*')).map((raw) => [raw.path, raw])),
      rawPrefixes: raws
        .filter((raw) => raw.path.endsWith('/*'))
        .map((raw) => ({ ...raw, prefix: raw.path.slice(0, -1) }))
        .sort((a, b) => b.prefix.length - a.prefix.length),
      upgrades: new Map(this.upgrades().map((entry) => [entry.path, entry])),
      versions: [this.#own.version, this.#shared.version],
    };
  }
}

const nothing = (): void => {};

const addRoute = (to: Registrations, route: AnyRoute): Undo => {
  const key = `${route.method} ${route.path.replace(/:\w+/g, ':').replace(/\*\w+$/, '*')}`;
  return stack(to, to.routes, { key, route, owner: route.owner });
};

/** The name of a last `*name`; undefined where there is none, or where it has no name of its own. */
const wildcardOf = (path: string): string | undefined => /\*(\w+)$/.exec(path)?.[1];

const newest = <E extends { readonly key: string }>(entries: readonly E[]): E[] => [
  ...new Map(entries.map((entry) => [entry.key, entry])).values(),
];
