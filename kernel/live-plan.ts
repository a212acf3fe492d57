import fs from 'node:fs';
import path from 'node:path';
import { applySteps, stepsTo } from './apply.ts';
import { type Checked, checkPipeline } from './check.ts';
import { servedNeeds } from './check-wiring.ts';
import { fault, isFault } from './errors.ts';
import { type Examined, type ExamineOptions, findAll, loadAll, pluginDirs } from './examine.ts';
import type { Host, Slot } from './host.ts';
import { findFolder, hashFolder, type Loaded, loadFolder, reimports } from './load.ts';
import { namedIds, pluginOf, readPipeline, type Source, takesDrops, writtenNames } from './pipeline.ts';
import type { Catalog, Plan } from './plan.ts';
import { showPlace, showProblem } from './problem.ts';
import { shippedPlugins } from './shipped.ts';
import { keepPlugin, mustLetGo, PLAN_CHANGED } from './swap.ts';
import { Turns } from './turns.ts';
import type { Change, Watched } from './watch.ts';

type PluginChange = Extract<Change, { kind: 'plugin' }>;

interface Ports {
  /** Something is to be looked at, again. */
  readonly mark: (change: Change) => void;
  readonly follow: (watched: Watched) => void;
}

/** So many new module graphs in one process are worth a restart: Node cannot forget a module. */
const REIMPORTS_PER_WARNING = 200;

/**
 * The pipeline and the plugins of a running kernel, and the way from each state of the files to the next. Reloads that
 * touch one plugin each overlap, so that one that hangs holds up no other; whatever touches more is done alone.
 */
export class LivePlan {
  readonly #host: Host;
  readonly #options: ExamineOptions;
  readonly #ports: Ports;
  readonly #given: readonly string[];
  readonly #turns = new Turns();
  #source: Source;
  #catalog: Catalog;
  readonly #dropped = new Set<string>();
  /** What was said of an edited pipeline that is not used: it is tried again when a folder comes or changes. */
  #refused: string | undefined;
  /** Folders that could not be used for now, with what was said about it: tried again after every change. */
  readonly #unmet = new Map<string, { change: PluginChange; said: string }>();
  readonly #warned = new Set<string>();

  constructor(host: Host, examined: Examined, options: ExamineOptions, ports: Ports) {
    this.#host = host;
    this.#options = options;
    this.#ports = ports;
    this.#source = examined.source;
    this.#catalog = examined.catalog;
    this.#given = (options.given ?? []).map((spec) => spec.name);
  }

  get watched(): Watched {
    return { dirs: pluginDirs(this.#source, this.#options.searched), files: this.#source.files };
  }

  /** Folders that nothing names and that do not run. */
  droppable(): PluginChange[] {
    const { folders } = findAll(this.watched.dirs);
    return [...folders.values()]
      .filter(({ name }) => this.#mayDrop(name) && this.#slotsOf(name).length === 0)
      .map(({ within, name }) => ({ kind: 'plugin', within, name }));
  }

  /** Folders that are no longer what was loaded from them, and the pipeline where it is not what was read. */
  outdated(): Change[] {
    const loaded = [...this.#host.slots.values()].map(({ instance }) => instance.entry.plugin);
    const stale = loaded.filter(({ dir, hash }) => dir !== '' && hashFolder(dir) !== hash);
    const folders = stale.map(({ within, name }): Change => ({ kind: 'plugin', within, name }));
    const { text } = readPipeline(this.#source.file, this.#options.env);
    return text === this.#source.text ? folders : [{ kind: 'pipeline' }, ...folders];
  }

  async take(change: Change): Promise<void> {
    if (change.kind === 'restart')
      return this.#warn(`restart ${change.what}`, `Restart needed: ${change.what} was edited.`);
    if (change.kind === 'pipeline') return this.#turns.run(true, () => this.#pipelineEdited());
    const touched = (alone: boolean): Promise<boolean> =>
      this.#turns.run(alone, () => this.#folderTouched(change, alone));
    if (!(await touched(false))) await touched(true);
  }

  async #pipelineEdited(): Promise<void> {
    const source = readPipeline(this.#source.file, this.#options.env);
    const dirs = pluginDirs(source, this.#options.searched);
    this.#ports.follow({ dirs, files: source.files });
    const found = findAll(dirs);
    const wanted = new Set(namedIds(source).map(pluginOf));
    const fresh = await loadAll(
      [...found.folders.values()].filter(({ name }) => wanted.has(name) && this.#slotsOf(name).length === 0),
    );
    const catalog = { ...found, loaded: new Map([...this.#catalog.loaded, ...fresh]) };
    // A plugin that was dropped and is named now, or turned off, is the pipeline's; one that it no longer names, but
    // whose folder is there, counts as dropped.
    const written = writtenNames(source);
    const free = (name: string): boolean => takesDrops(source) && !written.has(name) && !shippedPlugins().has(name);
    const drops = [...this.#dropped].filter(
      (name) => free(name) && dirs.includes(this.#catalog.loaded.get(name)!.within),
    );
    const freed = [...writtenNames(this.#source)].filter(
      (name) => free(name) && found.folders.has(name) && this.#slotsOf(name).length > 0,
    );
    let dropped = [...drops, ...freed];
    let checked = checkPipeline(source, catalog, [...dropped, ...this.#given]);
    if (checked.plan === undefined && freed.length > 0) {
      dropped = drops;
      checked = checkPipeline(source, catalog, [...dropped, ...this.#given]);
    }
    const { plan, problems } = checked;
    if (plan === undefined) {
      const text = problems.map(showProblem).join(' | ');
      if (this.#refused !== text) this.#host.log.warn(`PIPELINE_KEPT: the edited pipeline is not used: ${text}`);
      this.#refused = text;
      return;
    }
    this.#refused = undefined;
    const { mode } = this.#host.plan.keys;
    if (plan.keys.mode !== mode)
      this.#warn(`mode ${plan.keys.mode}`, `Restart needed: mode changed from ${mode} to ${plan.keys.mode}.`);
    this.#source = source;
    this.#catalog = catalog;
    this.#dropped.clear();
    for (const name of dropped) this.#dropped.add(name);
    const changed = await applySteps(this.#host, plan, stepsTo(this.#host, plan));
    this.#host.plan = this.#asRunning(plan);
    this.#host.log.info('Pipeline applied.', { pipeline: plan.name, changed });
    for (const change of this.droppable()) this.#ports.mark(change);
    this.#tryUnmet();
  }

  /** False when it must be done alone, and nothing was done. */
  async #folderTouched(change: PluginChange, alone: boolean): Promise<boolean> {
    const { within, name } = change;
    const slots = (): Slot[] => this.#slotsOf(name).filter(({ instance }) => instance.entry.plugin.within === within);
    const folder = findFolder(within, name);
    if (folder === undefined)
      return fs.existsSync(path.join(within, name)) || this.#folderRemoved(change, slots().length > 0, alone);
    const elsewhere = slots().length === 0 && this.#slotsOf(name).length > 0;
    if (elsewhere || (slots().length === 0 && this.#refused !== undefined)) {
      if (!alone) return false;
      await this.#pipelineEdited();
      if (elsewhere) return true;
    }
    const running = slots();
    const hash = hashFolder(folder.dir);
    if (running.length > 0 && running.every(({ instance, lost }) => !lost && instance.entry.plugin.hash === hash))
      return true;
    const named = namedIds(this.#source).map(pluginOf).includes(name);
    if (running.length === 0 && !named && !this.#mayDrop(name)) return true;
    const loaded = await loadFolder(folder);
    if (running[0] && running[0].instance.entry.plugin.door !== loaded.door)
      this.#warn(`door ${name} ${loaded.door}`, `Restart needed: others go on with the api.ts of "${name}" as it was.`);
    if (reimports() > 0 && reimports() % REIMPORTS_PER_WARNING === 0)
      this.#host.log.warn('Many reloads: Node keeps every version of a module in memory, a restart frees it.', {
        reimports: reimports(),
      });
    if (!(await this.#useFolder(change, loaded, alone))) return false;
    if (hashFolder(folder.dir) !== loaded.hash) this.#ports.mark(change);
    return true;
  }

  async #useFolder(change: PluginChange, loaded: Loaded, alone: boolean): Promise<boolean> {
    const { name } = loaded;
    const key = JSON.stringify(change);
    const runs = this.#slotsOf(name).length > 0;
    const isDrop = !runs && this.#mayDrop(name);
    const refuse = (why: string, at?: string): true => {
      if (this.#unmet.get(key)?.said === why) return true;
      this.#unmet.set(key, { change, said: why });
      const ids = [...this.#host.slots.keys()].filter((id) => pluginOf(id) === name);
      for (const id of ids) keepPlugin(this.#host, id, why, at);
      if (!runs)
        this.#host.log.warn(`DROP_REFUSED: ${name}: not loaded (${at ? `${at} ` : ''}${why}).`, { plugin: name });
      return true;
    };
    if (loaded.failure) return refuse(loaded.failure.what, showPlace(loaded.failure.at));
    const catalog = (): Catalog => ({
      ...this.#catalog,
      folders: new Map(this.#catalog.folders).set(name, loaded),
      loaded: new Map(this.#catalog.loaded).set(name, loaded),
    });
    const check = (): Checked => this.#check(catalog(), isDrop ? new Set(this.#dropped).add(name) : this.#dropped);
    const { plan, problems } = check();
    // While others are under way, what is missing may be about to come.
    if (plan === undefined) return alone && refuse(problems.map(showProblem).join(' | '));
    const steps = stepsTo(this.#host, plan).filter(
      ({ id }) => pluginOf(id) === name || this.#host.slots.get(id)?.lost === false,
    );
    const reachesOthers = steps.some((entry) => {
      const slot = this.#host.slots.get(entry.id);
      return pluginOf(entry.id) !== name || (slot !== undefined && mustLetGo(slot, entry));
    });
    if (reachesOthers && !alone) return false;
    this.#unmet.delete(key);
    const take = (): void => {
      this.#catalog = catalog();
      if (isDrop) this.#dropped.add(name);
    };
    const agree = (): void => {
      const now = check().plan;
      const served = (wiring: Plan): number =>
        steps.reduce((sum, { plugin }) => sum + servedNeeds(plugin.spec, wiring).length, 0);
      if (now === undefined || served(now) !== served(plan))
        throw fault(PLAN_CHANGED, 'others came or went while it started');
      take();
    };
    let changed: string[];
    try {
      changed = await applySteps(this.#host, plan, steps, agree);
    } catch (error) {
      if (!alone && isFault(error) && error.code === PLAN_CHANGED) return false;
      throw error;
    }
    if (this.#slotsOf(name).some(({ instance }) => instance.entry.plugin.hash === loaded.hash)) take();
    this.#planAgain();
    if (changed.length > 0) this.#tryMissing(name);
    return true;
  }

  async #folderRemoved(change: PluginChange, runs: boolean, alone: boolean): Promise<boolean> {
    const { name } = change;
    const key = JSON.stringify(change);
    if (!runs) {
      this.#unmet.delete(key);
      return true;
    }
    if (!this.#dropped.has(name)) {
      const why = 'it keeps running, because the pipeline names it';
      this.#warn(`removed ${name}`, `The folder of plugin "${name}" is gone; ${why}.`);
      return true;
    }
    if (!alone) return false;
    const { plan, problems } = this.#check(
      this.#catalog,
      [...this.#dropped].filter((each) => each !== name),
    );
    if (plan === undefined) {
      const why = problems.map(showProblem).join(' | ');
      if (this.#unmet.get(key)?.said !== why)
        this.#host.log.warn(`DROP_KEPT: ${name}: its folder is gone, but it keeps running (${why}).`, { plugin: name });
      this.#unmet.set(key, { change, said: why });
      return true;
    }
    this.#unmet.delete(key);
    this.#dropped.delete(name);
    await applySteps(this.#host, plan, stepsTo(this.#host, plan));
    this.#planAgain();
    this.#tryUnmet();
    for (const other of this.droppable()) this.#ports.mark(other);
    return true;
  }

  #check(catalog: Catalog, dropped: Iterable<string>): Checked {
    return checkPipeline(this.#source, catalog, [...dropped, ...this.#given]);
  }

  #planAgain(): void {
    const { plan } = this.#check(this.#catalog, this.#dropped);
    if (plan !== undefined) this.#host.plan = this.#asRunning(plan);
  }

  #asRunning(plan: Plan): Plan {
    const entries = plan.entries.flatMap(({ id }) => this.#host.slots.get(id)?.instance.entry ?? []);
    return { ...plan, keys: { ...plan.keys, mode: this.#host.plan.keys.mode }, entries };
  }

  #tryUnmet(): void {
    for (const { change } of this.#unmet.values()) this.#ports.mark(change);
  }

  /** After plugin `name` changed: what did not start for want of it, or of what it now has. */
  #tryMissing(name: string): void {
    this.#tryUnmet();
    if (this.#refused !== undefined) this.#ports.mark({ kind: 'pipeline' });
    for (const id of namedIds(this.#source)) {
      const slot = this.#host.slots.get(id);
      const folder = this.#catalog.folders.get(pluginOf(id));
      if (folder && pluginOf(id) !== name && (slot === undefined || slot.lost))
        this.#ports.mark({ kind: 'plugin', within: folder.within, name: folder.name });
    }
  }

  #slotsOf(name: string): Slot[] {
    return [...this.#host.slots.values()].filter(({ instance }) => instance.entry.plugin.name === name);
  }

  #mayDrop(name: string): boolean {
    return takesDrops(this.#source) && !writtenNames(this.#source).has(name) && !shippedPlugins().has(name);
  }

  #warn(key: string, sentence: string): void {
    if (this.#warned.has(key)) return;
    this.#warned.add(key);
    this.#host.log.warn(sentence);
  }
}
