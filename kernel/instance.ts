import 'reflect-metadata';
import { container, type DependencyContainer, type InjectionToken, instanceCachingFactory } from 'tsyringe';
import type { Health, Lifecycle, Undo } from './contract.ts';
import { fault, isFault, reason } from './errors.ts';
import type { EventBus } from './events.ts';
import { Lease } from './handle.ts';
import { type Limits, within } from './limits.ts';
import type { Log, LogSink } from './log.ts';
import type { PlanEntry } from './plan.ts';
import { showPlace } from './problem.ts';
import type { PluginStatus } from './services.ts';

type State = PluginStatus['state'];
type Created = Readonly<Record<string, unknown>> & Lifecycle;

const CREATED: InjectionToken<Created> = Symbol('created');

/** What a generation is made from. */
export interface Surroundings {
  readonly sink: LogSink;
  readonly bus: EventBus;
  readonly limits: Limits;
  /** Services by the names under which the plugin asked for them; undefined where an optional one is absent. */
  readonly services: Readonly<Record<string, unknown>>;
}

/** One generation of one plugin: what `create` made, and the road from its start to its end. */
export class Instance {
  readonly entry: PlanEntry;
  readonly generation: number;
  readonly lease = new Lease();
  /** The names under which it got services; an optional one that was absent is not among them. */
  readonly given: ReadonlySet<string>;
  readonly log: Log;
  readonly created: Created;
  state: State = 'created';
  startMs: number | undefined;
  /** Muted while the generation before it still serves. */
  listening: boolean;

  readonly #limits: Limits;
  readonly #undos: Undo[] = [];
  readonly #abort = new AbortController();
  readonly #events: { end(): void };
  #ended: Promise<void> | undefined;

  constructor(entry: PlanEntry, generation: number, around: Surroundings, listening: boolean) {
    this.entry = entry;
    this.generation = generation;
    this.listening = listening;
    this.log = around.sink.log(entry.id);
    this.#limits = around.limits;
    this.given = new Set(Object.keys(around.services));
    const events = around.bus.view(this);
    this.#events = events;
    // One child container per generation: nothing is registered where it would outlive the generation, and the
    // kernel, not the container, owns order and disposal.
    const scope = container.createChildContainer();
    const context: Record<string, unknown> = {
      ...around.services,
      config: entry.config,
      log: this.log,
      events,
      signal: this.#abort.signal,
      defer: (undo: Undo) => this.#defer(undo),
      id: entry.id,
      generation,
    };
    for (const [name, value] of Object.entries(context))
      if (value !== undefined) scope.register(name, { useValue: value });
    const names = Object.keys(context).filter((name) => context[name] !== undefined);
    scope.register(CREATED, {
      useFactory: instanceCachingFactory((from: DependencyContainer) =>
        entry.plugin.spec.create(Object.fromEntries(names.map((name) => [name, from.resolve(name)])) as never),
      ),
    });
    try {
      this.created = scope.resolve(CREATED);
      if (typeof this.created !== 'object' || this.created === null) throw new Error('create() returned nothing');
      for (const key of Object.keys(entry.plugin.spec.provides ?? {})) this.service(key);
    } catch (error) {
      this.state = 'failed';
      void this.end(0);
      throw error;
    }
  }

  service(key: string): object {
    const service = this.created[key];
    if ((typeof service !== 'object' && typeof service !== 'function') || service === null)
      throw new Error(`create() returned no "${key}", which the plugin says it provides`);
    return service;
  }

  async start(): Promise<void> {
    const begun = performance.now();
    this.state = 'starting';
    const { startMs } = this.#limits;
    const late = (): Error => new Error(`no end of start() after ${startMs / 1000} s`);
    try {
      // `async` turns a throw before the first await into a rejection.
      await within(startMs, late, (async () => this.created.start?.())());
    } catch (error) {
      this.state = 'failed';
      throw fault(
        'PLUGIN_START',
        `plugin "${this.entry.id}" (${showPlace(this.entry.at)}) failed in start(): ${isFault(error) ? `${error.code}: ` : ''}${reason(error)}`,
        { cause: error, ...(isFault(error) && error.hint !== undefined && { hint: error.hint }) },
      );
    }
    this.startMs = Math.round((performance.now() - begun) * 10) / 10;
    this.state = 'running';
  }

  health(): Health {
    if (this.state === 'failed') return { ok: false, ready: false, detail: { state: 'failed' } };
    try {
      return this.created.health?.() ?? { ok: true };
    } catch (error) {
      return { ok: false, detail: { error: reason(error) } };
    }
  }

  /** Drains, aborts the signal, stops, undoes: each step bounded, none skipped because another failed. Safe twice. */
  end(drainMs = this.entry.plugin.spec.drainMs ?? this.#limits.drainMs): Promise<void> {
    this.#ended ??= this.#end(drainMs);
    return this.#ended;
  }

  async #end(drainMs: number): Promise<void> {
    const was = this.state;
    if (this.lease.inFlight > 0 && drainMs > 0) {
      this.state = 'draining';
      await this.#bounded(drainMs, 'calls to end', () => this.lease.whenIdle());
    }
    this.#abort.abort();
    const { stopMs } = this.#limits;
    if (this.created !== undefined) await this.#bounded(stopMs, 'stop()', async () => this.created.stop?.());
    for (let undo = this.#undos.pop(); undo !== undefined; undo = this.#undos.pop()) {
      const next = undo;
      await this.#bounded(stopMs, 'an undo', async () => next());
    }
    this.#events.end();
    this.state = was === 'failed' ? 'failed' : 'stopped';
  }

  async #bounded(ms: number, what: string, work: () => Promise<void>): Promise<void> {
    try {
      await within(ms, () => new Error(`no end after ${ms / 1000} s`), work());
    } catch (error) {
      this.log.warn(`Gave up waiting for ${what}.`, { generation: this.generation, reason: reason(error) });
    }
  }

  #defer(undo: Undo): void {
    if (this.state !== 'stopped') this.#undos.push(undo);
    else void this.#bounded(this.#limits.stopMs, 'an undo', async () => undo());
  }
}
