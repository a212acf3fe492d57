import fs from 'node:fs';
import path from 'node:path';
import type { BootOptions } from './boot.ts';
import { type Catalog, checkPipeline, namedIds, type Plan, type PlanEntry, pluginOf } from './check.ts';
import { reason } from './errors.ts';
import { type Examined, findAll, loadAll, pluginDirs } from './examine.ts';
import type { Host } from './host.ts';
import { findFolder, hashFolder, type Loaded, loadFolder, placeOf, reimports } from './load.ts';
import { readPipeline, type Source } from './pipeline.ts';
import { showPlace, showProblem } from './problem.ts';
import { shippedPlugins } from './shipped.ts';
import { addPlugin, keepPlugin, removePlugin, swapPlugin } from './swap.ts';
import { type Change, Watcher } from './watch.ts';

type PluginChange = Extract<Change, { kind: 'plugin' }>;

/** So many new module graphs in one process are worth a restart: Node cannot forget a module. */
const REIMPORTS_PER_WARNING = 200;

/** Brings edits of plugin folders and of the pipeline into a running kernel, one reload at a time. */
export class Reloader {
  readonly #host: Host;
  readonly #options: BootOptions;
  #source: Source;
  #catalog: Catalog;
  readonly #given: readonly string[];
  readonly #dropped = new Set<string>();
  /** What waits for its turn, each change once; an edit during a reload puts its plugin back here. */
  readonly #dirty = new Map<string, Change>();
  /** Folders that could not be used for now, with what was said about it: tried again after every change. */
  readonly #unmet = new Map<string, { change: PluginChange; said: string }>();
  readonly #warned = new Set<string>();
  #watcher: Watcher | undefined;
  #running: Promise<void> | undefined;
  #stopped = false;
  /** Ends when edits are seen at once. */
  watching: Promise<void> = Promise.resolve();

  constructor(host: Host, examined: Examined, options: BootOptions) {
    this.#host = host;
    this.#options = options;
    this.#source = examined.source;
    this.#catalog = examined.catalog;
    this.#given = (options.given ?? []).map((spec) => spec.name);
  }

  /** Loads folders that were dropped while no kernel ran, then watches. */
  async begin(): Promise<void> {
    const dirs = pluginDirs(this.#source, this.#options.searched);
    if (this.#host.plan.keys.drop)
      for (const folder of findAll(dirs).folders.values())
        if (this.#mayDrop(folder.name)) this.#mark({ kind: 'plugin', within: folder.within, name: folder.name });
    await this.settled();
    const { mode, watch = mode !== 'cli' } = this.#host.plan.keys;
    if (!(this.#options.watch ?? watch !== false)) return;
    const debounceMs = typeof watch === 'object' ? watch.debounceMs : 40;
    this.#watcher = new Watcher({ dirs, files: this.#source.files }, debounceMs, (change) => this.#mark(change));
    const failed = (error: unknown): void => this.#host.log.error('Watching failed.', { reason: reason(error) });
    // Not awaited here: serving does not wait for the watcher; what was edited until it is ready is found by its hash.
    this.watching = this.#watcher.open(failed).then(() => this.#markAll(), failed);
  }

  async settled(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#watcher?.close();
    await this.settled();
  }

  #markAll(): void {
    for (const { instance } of this.#host.slots.values()) {
      const { dir, within, name, hash } = instance.entry.plugin;
      if (dir !== '' && hashFolder(dir) !== hash) this.#mark({ kind: 'plugin', within, name });
    }
  }

  #mark(change: Change): void {
    if (this.#stopped) return;
    this.#dirty.set(JSON.stringify(change), change);
    this.#begin();
  }

  #begin(): void {
    this.#running ??= this.#work().finally(() => {
      this.#running = undefined;
      // Marked after the last look at the queue.
      if (this.#dirty.size > 0 && !this.#stopped) this.#begin();
    });
  }

  async #work(): Promise<void> {
    // Whoever marks in this very step is heard, and what is marked later joins the queue.
    await Promise.resolve();
    for (const [key, change] of this.#dirty) {
      this.#dirty.delete(key);
      if (this.#stopped) return;
      try {
        if (change.kind === 'restart')
          this.#warn(`restart ${change.what}`, `Restart needed: ${change.what} was edited.`);
        else if (change.kind === 'pipeline') await this.#pipelineEdited();
        else await this.#folderTouched(change);
      } catch (error) {
        this.#host.log.error('A reload failed.', { reason: reason(error) });
      }
    }
  }

  async #pipelineEdited(): Promise<void> {
    const source = readPipeline(this.#source.file, this.#options.env);
    const dirs = pluginDirs(source, this.#options.searched);
    this.#watcher?.follow({ dirs, files: source.files });
    const found = findAll(dirs);
    const running = new Set([...this.#host.slots.values()].map(({ instance }) => instance.entry.name));
    const wanted = new Set(
      namedIds(source)
        .map(pluginOf)
        .filter((name) => !running.has(name)),
    );
    const fresh = await loadAll([...found.folders.values()].filter(({ name }) => wanted.has(name)));
    // A plugin that was dropped and is named now, or turned off, is the pipeline's.
    const written = writtenNames(source);
    const dropped = [...this.#dropped].filter((name) => !written.has(name));
    const catalog = { ...found, loaded: new Map([...this.#catalog.loaded, ...fresh]) };
    const { plan, problems } = checkPipeline(source, catalog, [...dropped, ...this.#given]);
    if (plan === undefined) {
      const text = problems.map(showProblem).join(' | ');
      this.#host.log.warn(`PIPELINE_KEPT: the edited pipeline is not used: ${text}`);
      return;
    }
    const { mode } = this.#host.plan.keys;
    if (plan.keys.mode !== mode)
      this.#warn(`mode ${plan.keys.mode}`, `Restart needed: mode changed from ${mode} to ${plan.keys.mode}.`);
    this.#source = source;
    this.#catalog = catalog;
    for (const name of written) this.#dropped.delete(name);
    const changed = await this.#apply({ ...plan, keys: { ...plan.keys, mode } });
    this.#host.log.info('Pipeline applied.', { pipeline: plan.name, changed });
  }

  async #folderTouched(change: PluginChange): Promise<void> {
    const { within, name } = change;
    const running = [...this.#host.slots.values()].filter(
      ({ instance }) => instance.entry.plugin.name === name && instance.entry.plugin.within === within,
    );
    const folder = findFolder(within, name);
    if (folder === undefined) {
      if (!fs.existsSync(path.join(within, name)))
        await this.#folderRemoved(
          change,
          running.map(({ instance }) => instance.entry),
        );
      return;
    }
    const hash = hashFolder(folder.dir);
    if (running.length > 0 && running.every(({ instance, lost }) => !lost && instance.entry.plugin.hash === hash))
      return;
    const named = namedIds(this.#source).map(pluginOf).includes(name);
    if (running.length === 0 && named) return this.#pipelineEdited();
    if (running.length === 0 && !this.#mayDrop(name)) return;
    const loaded = await loadFolder(folder);
    if (running[0] && running[0].instance.entry.plugin.door !== loaded.door)
      this.#warn(`door ${name} ${loaded.door}`, `Restart needed: others go on with the api.ts of "${name}" as it was.`);
    if (reimports() > 0 && reimports() % REIMPORTS_PER_WARNING === 0)
      this.#host.log.warn('Many reloads: Node keeps every version of a module in memory, a restart frees it.', {
        reimports: reimports(),
      });
    await this.#useFolder(change, loaded, running.length > 0);
    if (hashFolder(folder.dir) !== loaded.hash) this.#mark(change);
  }

  async #useFolder(change: PluginChange, loaded: Loaded, isRunning: boolean): Promise<void> {
    const { name } = loaded;
    const key = JSON.stringify(change);
    const ids = isRunning ? [...this.#host.slots.keys()].filter((id) => pluginOf(id) === name) : [];
    const refuse = (why: string, at?: string): void => {
      if (this.#unmet.get(key)?.said === why) return;
      this.#unmet.set(key, { change, said: why });
      if (isRunning) for (const id of ids) keepPlugin(this.#host, id, why, at);
      else this.#host.log.warn(`DROP_REFUSED: ${name}: not loaded (${at ? `${at} ` : ''}${why}).`, { plugin: name });
    };
    if (loaded.failure) return refuse(loaded.failure.what, showPlace(loaded.failure.at));
    const folders = new Map(this.#catalog.folders).set(name, loaded);
    const catalog = { ...this.#catalog, folders, loaded: new Map(this.#catalog.loaded).set(name, loaded) };
    const dropped = new Set(this.#dropped);
    if (!isRunning) dropped.add(name);
    const { plan, problems } = checkPipeline(this.#source, catalog, [...dropped, ...this.#given]);
    if (plan === undefined) return refuse(problems.map(showProblem).join(' | '));
    this.#unmet.delete(key);
    const before = this.#catalog;
    this.#catalog = catalog;
    if (!isRunning) this.#dropped.add(name);
    const changed = await this.#apply(plan);
    const stays = [...this.#host.slots.values()].find(({ instance }) => instance.entry.plugin.name === name);
    if (!isRunning && stays === undefined) {
      this.#dropped.delete(name);
      this.#catalog = before;
    } else if (stays && stays.instance.entry.plugin.hash !== loaded.hash)
      this.#catalog = { ...catalog, loaded: new Map(catalog.loaded).set(name, stays.instance.entry.plugin) };
    if (changed.length > 0) for (const { change: waiting } of this.#unmet.values()) this.#mark(waiting);
  }

  async #folderRemoved({ name }: PluginChange, entries: readonly PlanEntry[]): Promise<void> {
    for (const [key, { change }] of this.#unmet) if (change.name === name) this.#unmet.delete(key);
    if (entries.length === 0) return;
    if (!this.#dropped.has(name)) {
      this.#warn(
        `removed ${name}`,
        `The folder of plugin "${name}" is gone; it keeps running, because the pipeline names it.`,
      );
      return;
    }
    const dropped = [...this.#dropped].filter((each) => each !== name);
    const { plan, problems } = checkPipeline(this.#source, this.#catalog, [...dropped, ...this.#given]);
    if (plan === undefined) {
      const why = problems.map(showProblem).join(' | ');
      this.#host.log.warn(`DROP_KEPT: ${name}: its folder is gone, but it keeps running (${why}).`, { plugin: name });
      return;
    }
    this.#dropped.delete(name);
    await this.#apply(plan);
  }

  /** Does what leads from the running plugins to `plan`, and nothing else. Returns the ids that it touched. */
  async #apply(plan: Plan): Promise<string[]> {
    const host = this.#host;
    const wanted = new Map(plan.entries.map((entry) => [entry.id, entry]));
    const gone = [...host.slots.keys()].filter((id) => !wanted.has(id)).reverse();
    const claimed = new Set(plan.entries.filter(({ id }) => !host.slots.has(id)).flatMap(({ claims }) => claims));
    const first = gone.filter((id) => host.slots.get(id)!.instance.entry.claims.some((claim) => claimed.has(claim)));
    const touched: string[] = [];
    const remove = async (id: string): Promise<void> => {
      await removePlugin(host, id);
      touched.push(id);
    };
    for (const id of first) await remove(id);
    for (const entry of plan.entries) {
      const slot = host.slots.get(entry.id);
      if (slot && !slot.lost && !differs(slot.instance.entry, entry, host, plan)) continue;
      try {
        if (slot) await swapPlugin(host, slot, entry, plan);
        else await addPlugin(host, entry, plan);
        touched.push(entry.id);
      } catch (error) {
        if (slot) keepPlugin(host, entry.id, error, placeOf(error, entry.plugin));
        else host.log.error(`PLUGIN_REFUSED: ${entry.id}: not started (${reason(error)}).`, { plugin: entry.id });
      }
    }
    for (const id of gone) if (!first.includes(id)) await remove(id);
    const entries = plan.entries.flatMap(({ id }) => host.slots.get(id)?.instance.entry ?? []);
    host.plan = { ...plan, entries };
    return touched;
  }

  #mayDrop(name: string): boolean {
    return this.#host.plan.keys.drop && !writtenNames(this.#source).has(name) && !shippedPlugins().has(name);
  }

  #warn(key: string, sentence: string): void {
    if (this.#warned.has(key)) return;
    this.#warned.add(key);
    this.#host.log.warn(sentence);
  }
}

function differs(old: PlanEntry, next: PlanEntry, host: Host, plan: Plan): boolean {
  if (old.plugin.spec !== next.plugin.spec || old.raw !== next.raw) return true;
  const had = [...(host.plan.uses.get(old.id) ?? [])]
    .filter((id) => host.slots.has(id))
    .sort()
    .join();
  const has = [...(plan.uses.get(next.id) ?? [])].sort().join();
  return had !== has && hasOptional(next);
}
const hasOptional = (entry: PlanEntry): boolean => Object.keys(entry.plugin.spec.optional ?? {}).length > 0;

/** The plugins that a pipeline mentions, also to turn them off. */
function writtenNames(source: Source): Set<string> {
  const tree = source.tree?.entries.get('plugins')?.value;
  return new Set(tree?.kind === 'map' ? [...tree.entries.keys()].map(pluginOf) : []);
}
