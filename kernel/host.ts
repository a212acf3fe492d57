import type { Health } from './contract.ts';
import { fault, reason } from './errors.ts';
import { EventBus, type Topic } from './events.ts';
import { Lease } from './handle.ts';
import { Instance } from './instance.ts';
import type { Log, LogSink } from './log.ts';
import type { Plan, PlanEntry, Wiring } from './plan.ts';
import { maskConfig, secretsOf } from './schema.ts';
import {
  KERNEL,
  type KernelStatus,
  type KernelView,
  MAIN,
  type Main,
  PLUGIN_STARTED,
  PLUGIN_STOPPED,
  type PluginStatus,
} from './services.ts';
import { Switchboard } from './switchboard.ts';
import { isMany, tokenId } from './token.ts';

/** Everything that is remembered of a plugin across its generations. */
export interface Slot {
  instance: Instance;
  reloads: number;
  lastReload: PluginStatus['lastReload'];
  /** Set when neither the new nor the previous generation could be started again. */
  lost: boolean;
}

/** Creates, starts and stops the plugins of one plan, and keeps the books. What changes them later is in `swap.ts`. */
export class Host implements KernelView {
  plan: Plan;
  readonly slots = new Map<string, Slot>();
  readonly board = new Switchboard();
  readonly bus = new EventBus();
  readonly sink: LogSink;
  readonly log: Log;
  readonly startedAt = new Date().toISOString();
  state: KernelStatus['state'] = 'starting';
  /** Generations that no longer serve but have not ended. */
  readonly leaving = new Set<Promise<void>>();
  #stopping: Promise<void> | undefined;

  constructor(plan: Plan, sink: LogSink) {
    this.plan = plan;
    this.sink = sink;
    this.log = sink.log();
    this.board.add(KERNEL, { status: () => this.status(), health: () => this.health() } satisfies KernelView, {
      lease: new Lease(),
    });
  }

  /** Creates all, then starts all in the order of their needs; on failure ends what there is and throws. */
  async start(): Promise<void> {
    try {
      for (const entry of this.plan.entries) {
        const instance = this.create(entry, 1, this.plan, true);
        this.board.connect(instance);
        this.slots.set(entry.id, { instance, reloads: 0, lastReload: undefined, lost: false });
      }
      const started = new Map<string, Promise<void>>();
      for (const { id } of this.plan.entries)
        started.set(
          id,
          this.#startAfter(
            id,
            [...this.plan.uses.get(id)!].map((need) => started.get(need)!),
          ),
        );
      const failed = (await Promise.allSettled(started.values())).find((each) => each.status === 'rejected');
      if (failed) throw failed.reason;
    } catch (error) {
      await this.stop();
      throw error;
    }
    if (this.state === 'starting') this.state = 'running';
  }

  async #startAfter(id: string, needs: readonly Promise<void>[]): Promise<void> {
    await Promise.all(needs);
    if (this.state !== 'starting') return;
    const { instance } = this.slots.get(id)!;
    try {
      await instance.start();
    } catch (error) {
      // Nothing more is begun once one has failed.
      this.state = 'stopping';
      throw error;
    }
    this.announceStart(instance);
  }

  create(entry: PlanEntry, generation: number, wiring: Wiring, listening: boolean): Instance {
    const { spec } = entry.plugin;
    this.sink.hide(secretsOf(spec.config, entry.config));
    const services = this.board.servicesFor(spec, wiring);
    const { limits } = this.plan.keys;
    try {
      return new Instance(entry, generation, { sink: this.sink, bus: this.bus, limits, services }, listening);
    } catch (error) {
      throw fault('PLUGIN_CREATE', `plugin "${entry.id}" failed in create(): ${reason(error)}`, { cause: error });
    }
  }

  announceStart(instance: Instance): void {
    const { generation, startMs } = instance;
    instance.log.info('Plugin started.', { generation, startMs });
    this.publish(PLUGIN_STARTED, { id: instance.entry.id, generation });
  }

  publish<T>(to: Topic<T>, payload: T): void {
    this.bus.publish(to, payload);
  }

  /** Ends a generation in the background or in line; `stop` waits for it in any case. */
  retire(instance: Instance, drainMs?: number): Promise<void> {
    const ending = instance.end(drainMs).then(() => {
      instance.log.info('Plugin stopped.', { generation: instance.generation });
      this.publish(PLUGIN_STOPPED, { id: instance.entry.id, generation: instance.generation });
    });
    this.leaving.add(ending);
    return ending.finally(() => this.leaving.delete(ending));
  }

  /** In reverse order: whoever uses a service ends before it. Safe at any time and twice. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.state = 'stopping';
    for (const { instance } of [...this.slots.values()].reverse()) {
      await this.retire(instance);
      this.board.disconnect(instance);
    }
    await Promise.all(this.leaving);
    this.state = 'stopped';
  }

  /** The one main plugin of `mode: cli`. */
  main(): Main {
    return this.board.get(MAIN) as Main;
  }

  status(): KernelStatus {
    const { ok, ready } = this.health();
    const { name, keys } = this.plan;
    const plugins = [...this.slots].map(([id, { instance, reloads, lastReload }]): PluginStatus => {
      const { spec, name: plugin } = instance.entry.plugin;
      const offers = Object.values(spec.provides ?? {});
      return {
        id,
        plugin,
        generation: instance.generation,
        state: instance.state,
        config: maskConfig(spec.config, instance.entry.config),
        provides: offers.map((offer) => (isMany(offer) ? `${tokenId(offer.many)}:${offer.name}` : tokenId(offer))),
        health: this.#healthOf(id),
        startMs: instance.startMs,
        reloads,
        lastReload,
      };
    });
    const { startedAt, state } = this;
    return { pipeline: name, mode: keys.mode, pid: process.pid, startedAt, state, ok, ready, plugins };
  }

  health(): ReturnType<KernelView['health']> {
    const plugins = Object.fromEntries([...this.slots.keys()].map((id) => [id, this.#healthOf(id)]));
    const all = Object.values(plugins);
    const ok = all.every((each) => each.ok);
    return { ok, ready: this.state === 'running' && all.every((each) => each.ready !== false), plugins };
  }

  #healthOf(id: string): Health {
    const slot = this.slots.get(id)!;
    if (slot.lost) return { ok: false, ready: false, detail: { state: 'lost', reason: slot.lastReload?.reason } };
    return slot.instance.health();
  }
}
