import { createHash } from 'node:crypto';
import type { Server, ServerHealth, ServerSpec, ToolDefinition } from './api.ts';
import type { Kept, KnownManifest, RegistryStore } from './store.ts';

/** What servers told the last time: their tools are listed before they are up. */
export class Manifests {
  readonly #store: RegistryStore;
  #known = new Map<string, KnownManifest>();
  #health: Kept['health'] = new Map();

  constructor(store: RegistryStore) {
    this.#store = store;
  }

  load(kept: Pick<Kept, 'manifests' | 'health'>): void {
    this.#known = kept.manifests;
    this.#health = kept.health;
  }

  find(spec: ServerSpec): { readonly tools: readonly ToolDefinition[]; readonly info: Server['info'] } | undefined {
    const known = isLocal(spec) ? undefined : this.#known.get(spec.id);
    if (known && known.launch === launchHash(spec)) {
      return { tools: JSON.parse(known.tools) as ToolDefinition[], info: JSON.parse(known.info) as Server['info'] };
    }
    return spec.manifest && { tools: spec.manifest, info: {} };
  }

  keep(spec: ServerSpec, tools: readonly ToolDefinition[], info: Server['info']): void {
    if (isLocal(spec)) return;
    const launch = launchHash(spec);
    const before = this.#known.get(spec.id);
    if (before?.launch === launch && before.tools === JSON.stringify(tools) && before.info === JSON.stringify(info))
      return;
    this.#known.set(spec.id, this.#store.saveManifest(spec.id, launch, tools, info));
  }

  /** A server that failed last time is not known to fail now, but who looks may want to know. */
  lastHealth(id: string): ServerHealth {
    const last = this.#health.get(id);
    const error = last?.state === 'failed' && last.error !== undefined ? `last time: ${last.error}` : undefined;
    return { state: 'known', since: Date.now(), settled: false, ...(error !== undefined && { error }) };
  }

  keepHealth(id: string, health: ServerHealth): void {
    if (health.state !== 'ready' && health.state !== 'failed') return;
    const error = health.error?.replace(/^(last time: )+/, '');
    this.#health.set(id, { state: health.state, since: health.since, ...(error !== undefined && { error }) });
    this.#store.saveHealth(id, health);
  }
}

/** Its tools come with its functions or its socket: nothing to remember. */
const isLocal = (spec: ServerSpec): boolean =>
  spec.launches.every((launch) => launch.kind === 'functions' || launch.kind === 'attached');

/** Another command, address or shipped manifest may mean other tools. Hashed: a launch holds secrets. */
const launchHash = (spec: ServerSpec): string =>
  createHash('sha256')
    .update(JSON.stringify([spec.launches[0], spec.manifest ?? null]))
    .digest('hex');
