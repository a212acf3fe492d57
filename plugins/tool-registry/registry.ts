import { isDeepStrictEqual } from 'node:util';
import { type Log, reason } from '#kernel';
import type {
  DescriptionFormat,
  FunctionTool,
  Learnt,
  ObservedCall,
  RegistryChange,
  Server,
  ServerHealth,
  ServerSpec,
  Snapshot,
  Tool,
  ToolDefinition,
  ToolLearning,
  ToolRegistry,
  ToolStatistics,
} from './api.ts';
import { ArgumentCheck } from './argument-check.ts';
import type { Catalog } from './catalog.ts';
import { cleanText } from './clean-text.ts';
import type { RegistryConfig } from './config.ts';
import { Descriptions } from './descriptions.ts';
import { type Change, differences, registered } from './differences.ts';
import { ShownFigures } from './figures.ts';
import type { RegistryState, Remover } from './hand-over.ts';
import { checkId, checkOwner } from './identity.ts';
import { LearntTools } from './learnt.ts';
import type { Manifests } from './manifests.ts';
import type { Statistics } from './statistics.ts';
import type { RegistryStore } from './store.ts';
import { ToolListing } from './tool-listing.ts';
import { type ToolExtras, ToolRecords } from './tool-record.ts';

const KEPT_OWNER = 'rest';
const MAX_HEALTH_TEXT = 8_000;

export interface RegistryParts {
  readonly config: RegistryConfig;
  readonly log: Log;
  readonly store: RegistryStore;
  readonly catalog: Catalog;
  readonly manifests: Manifests;
  readonly statistics: Statistics;
}

/** The one authority on what tools there are. */
export class Registry implements ToolRegistry, ToolLearning, Remover {
  readonly #log: Log;
  readonly #store: RegistryStore;
  readonly #catalog: Catalog;
  readonly #manifests: Manifests;
  readonly #statistics: Statistics;
  readonly #listing: ToolListing;
  readonly #descriptions: Descriptions;
  readonly #arguments: ArgumentCheck;
  /** Servers whose tools are those of their launch before this one. */
  readonly #guessed = new Set<string>();
  readonly #latest = new Map<string, symbol>();
  readonly #functions = new Map<string, ReadonlyMap<string, FunctionTool>>();
  readonly #learnt = new LearntTools((toolId) => this.#readAgain(toolId));
  readonly #figures: ShownFigures;
  #successor: Remover | undefined;

  constructor(parts: RegistryParts) {
    this.#log = parts.log;
    this.#store = parts.store;
    this.#catalog = parts.catalog;
    this.#manifests = parts.manifests;
    this.#statistics = parts.statistics;
    this.#listing = new ToolListing(new ToolRecords(parts.config, this.#learnt.byTool), parts.log);
    this.#figures = new ShownFigures(parts.config.text.minUses);
    this.#descriptions = new Descriptions(parts.config);
    this.#arguments = new ArgumentCheck(parts.config.schemas, (tool, problem) => this.#schemaFailed(tool, problem));
  }

  get snapshot(): Snapshot {
    return this.#catalog.snapshot;
  }

  register(wanted: ServerSpec): () => void {
    const spec = checkId(wanted);
    const before = this.#catalog.server(spec.id);
    if (before && before.spec.owner === spec.owner && isDeepStrictEqual(before.spec, spec))
      return this.#undo(before.spec);
    checkOwner(spec, this.#catalog, this.#log);

    const known = this.#manifests.find(spec);
    const info = known?.info ?? before?.info ?? {};
    // Until the new connection has listed its tools, or failed, the old ones are the best guess.
    const guessed = known === undefined && before !== undefined && before.tools.length > 0;
    const definitions = known?.tools ?? before?.tools.map((tool) => tool.definition) ?? [];
    const tools = this.#listing.read(spec, definitions, before);
    if (guessed) this.#guessed.add(spec.id);
    else this.#guessed.delete(spec.id);
    const health = this.#manifests.lastHealth(spec.id);
    if (spec.owner === KEPT_OWNER) this.#store.saveServer(spec);
    this.#catalog.put({ spec, id: spec.id, health, info, tools }, ...registered(spec.id, before, tools));
    return this.#undo(spec);
  }

  /** Function tools: the definitions and the functions behind them, in one step. */
  registerFunctions(spec: ServerSpec, tools: readonly FunctionTool[], definitions: readonly ToolDefinition[]): void {
    const before = this.#catalog.server(spec.id);
    checkOwner(spec, this.#catalog, this.#log);
    this.#functions.set(spec.id, new Map(tools.map((tool) => [tool.name, tool])));
    const extras = new Map<string, ToolExtras>(tools.map((tool) => [tool.name, tool]));
    const records = this.#listing.read(spec, definitions, before, extras);
    const changes = before ? differences(spec.id, before.tools, records) : registered(spec.id, undefined, records);
    if (changes.length === 0) {
      if (before && isDeepStrictEqual(before.spec, spec)) return;
      changes.push({ type: 'tool_updated', server: spec.id, tools: [] });
    }
    const health: ServerHealth = before?.health ?? { state: 'ready', since: Date.now(), settled: true };
    this.#catalog.put({ spec, id: spec.id, health, info: {}, tools: records }, ...changes);
  }

  unregister(id: string): void {
    const server = this.#catalog.server(id);
    if (!server) return;
    this.#functions.delete(id);
    this.#guessed.delete(id);
    this.#latest.delete(id);
    if (server.spec.owner === KEPT_OWNER) this.#store.dropServer(id);
    this.#catalog.delete(id, { type: 'tool_uninstalled', server: id, tools: server.tools.map((tool) => tool.id) });
  }

  saved(): Promise<void> {
    return this.#store.saved();
  }

  setTools(id: string, definitions: readonly ToolDefinition[], info: Server['info']): void {
    const before = this.#catalog.server(id);
    if (!before) return;
    const tools = this.#listing.read(before.spec, definitions, before);
    this.#guessed.delete(id);
    this.#manifests.keep(
      before.spec,
      tools.map((tool) => tool.definition),
      info,
    );
    const changes = differences(id, before.tools, tools);
    const sameInfo = isDeepStrictEqual(before.info, info);
    if (changes.length === 0 && sameInfo) return;
    const told: Change[] = sameInfo || changes.length > 0 ? changes : [{ type: 'tool_updated', server: id, tools: [] }];
    this.#catalog.put({ ...before, info, tools }, ...told);
  }

  setHealth(id: string, health: Omit<ServerHealth, 'since'>): void {
    const before = this.#catalog.server(id);
    if (!before) return;
    const { state, error, settled } = before.health;
    // It holds what a server wrote, which may be bytes that no database takes as text.
    const told = health.error === undefined ? {} : { error: cleanText(health.error, MAX_HEALTH_TEXT) };
    if (state === health.state && error === told.error && settled === health.settled) return;
    const since = state === health.state ? before.health.since : Date.now();
    const next = { ...health, ...told, since };
    this.#manifests.keepHealth(id, next);
    const change: Change = { type: 'server_health', server: id, tools: [] };
    // It did not come up: what the one before it could do says nothing of it.
    const gone = health.state === 'failed' && this.#guessed.delete(id);
    if (gone)
      this.#catalog.put({ ...before, health: next, info: {}, tools: [] }, change, ...differences(id, before.tools, []));
    else this.#catalog.put({ ...before, health: next }, change);
  }

  server(name: string): Server {
    return this.#catalog.snapshot.servers.get(name) ?? this.#catalog.lookup.server(name);
  }

  resolve(name: string, action?: string): Tool {
    return this.#catalog.lookup.resolve(name, action);
  }

  validate(tool: Tool, parameters: unknown): void {
    this.#arguments.check(tool, parameters);
  }

  /** The first checked call needs not wait for the schema compiler. */
  warm(): void {
    if (this.snapshot.tools.size > 0) this.#arguments.warm();
  }

  functionOf(tool: Tool): FunctionTool | undefined {
    return this.#functions.get(tool.server)?.get(tool.name);
  }

  describe(format: DescriptionFormat): string {
    const { snapshot } = this.#catalog;
    const figures = format === 'llm' ? this.#figures.of(snapshot.tools, this.#statistics) : this.#figures.shown;
    return this.#descriptions.text(format, snapshot, figures);
  }

  observe(call: ObservedCall): void {
    this.#statistics.observe(call);
  }

  statistics(toolId: string): ToolStatistics | undefined {
    return this.#statistics.of(toolId);
  }

  /** Texts say how tools do from now on; another version where that makes a difference. */
  showFigures(): void {
    if (this.#figures.renew(this.#catalog.snapshot.tools.keys(), this.#statistics)) this.#catalog.touch();
  }

  async totals(toolIds?: readonly string[]): Promise<ReadonlyMap<string, ToolStatistics>> {
    await this.#statistics.write(this.#store);
    return this.#store.statistics(toolIds);
  }

  learn(toolId: string, learnt: Learnt): () => void {
    return this.#learnt.learn(toolId, learnt);
  }

  onChange(listener: (change: RegistryChange) => void): () => void {
    return this.#catalog.listen(listener);
  }

  /** Servers that were registered in an earlier run. */
  restore(specs: readonly ServerSpec[]): void {
    for (const spec of specs) {
      try {
        this.register(spec);
      } catch (error) {
        this.#log.warn('a registered server could not be restored', { server: spec.id, reason: reason(error) });
      }
    }
  }

  remove(spec: ServerSpec, registration: symbol): void {
    if (this.#successor) this.#successor.remove(spec, registration);
    else if (this.#catalog.server(spec.id)?.spec === spec && this.#latest.get(spec.id) === registration)
      this.unregister(spec.id);
  }

  handOver(): RegistryState {
    return {
      version: this.snapshot.version,
      servers: [...this.#catalog.servers.values()],
      statistics: this.#statistics.take(),
      learnt: this.#learnt,
      listeners: this.#catalog.listeners,
      guessed: this.#guessed,
      latest: this.#latest,
      follow: (next) => {
        this.#successor = next;
      },
    };
  }

  /** Goes on where the registry before this one stopped; functions come from their plugins again. */
  takeOver(state: RegistryState): void {
    this.#learnt.takeOver(state.learnt);
    for (const { spec, tools, info, health } of state.servers) {
      if (spec.launches[0]?.kind === 'functions') continue;
      const definitions = tools.map((tool) => tool.definition);
      const before = this.#catalog.server(spec.id);
      this.#catalog.put({ spec, id: spec.id, health, info, tools: this.#listing.read(spec, definitions, before) });
    }
    for (const id of state.guessed) this.#guessed.add(id);
    for (const [id, registration] of state.latest) this.#latest.set(id, registration);
    this.#statistics.adopt(state.statistics);
    for (const listener of state.listeners) this.#catalog.listen(listener);
    this.#catalog.startAfter(state.version);
    state.follow(this);
  }

  #undo(spec: ServerSpec): () => void {
    const registration = Symbol(spec.id);
    this.#latest.set(spec.id, registration);
    return () => this.remove(spec, registration);
  }

  #readAgain(toolId: string): void {
    const server = this.#catalog.server(toolId.slice(0, toolId.indexOf('/')));
    const current = server?.tools.find(({ id }) => id === toolId);
    if (!server || !current) return;
    const next = this.#listing.again(server.spec, current, this.#functions.get(server.id)?.get(current.name));
    if (next === current) return;
    const tools = server.tools.map((one) => (one === current ? next : one));
    this.#catalog.put({ ...server, tools }, { type: 'tool_updated', server: server.id, tools: [toolId] });
  }

  /** The compiler refused what looked well: say it once, and let calls pass from now on. */
  #schemaFailed(tool: Tool, problem: string): void {
    const server = this.#catalog.server(tool.server);
    const current = server?.tools.find((one) => one.name === tool.name);
    if (!server || !current || current.schemaProblem || current.definition !== tool.definition) return;
    this.#log.warn('a tool has an invalid schema; its calls are not checked', { tool: tool.id, problem });
    const marked: Tool = Object.freeze({ ...current, schemaProblem: problem });
    const tools = server.tools.map((one) => (one === current ? marked : one));
    this.#catalog.put({ ...server, tools }, { type: 'tool_updated', server: server.id, tools: [tool.id] });
  }
}
