import { fault } from '#kernel';
import type { Launch, ServerHealth, ServerSpec } from '#plugins/tool-registry/api';
import type { Caller, Era, RpcNotification } from './api.ts';
import { Breaker } from './breaker.ts';
import { Closing } from './closing.ts';
import { type Connection, connect } from './connection.ts';
import { findEras, orderOfEras } from './eras.ts';
import { unavailable } from './faults.ts';
import { healthOf, isSettled } from './health.ts';
import { Link } from './link.ts';
import { type ListSource, listen } from './listing.ts';
import type { Pool } from './pool.ts';
import { poolFor } from './pool-for.ts';
import { Readiness } from './readiness.ts';
import type { Surroundings } from './surroundings.ts';
import { ToolList } from './tool-list.ts';

const SWEEP_MS = 50;
const DRAIN_LOOK_MS = 25;
/** A connection of the other era is for few; it goes when they are gone. */
const OTHER_ERA_IDLE_MS = 60_000;

/** One registered server: its connections, its breaker, and what the registry hears of it. */
export class Backend {
  spec: ServerSpec;
  health: Omit<ServerHealth, 'since'>;
  readonly breaker: Breaker;
  /** Its tools are functions of this process: called without a connection, which only conversations need. */
  readonly inProcess: boolean;
  readonly #around: Surroundings;
  readonly #tools: ToolList;
  readonly #readiness: Readiness;
  readonly #pool: Pool;
  readonly #others = new Map<Era, Pool>();
  #eras: Promise<readonly Era[]> | undefined;
  #settled: boolean;
  #ended = false;
  #reported = '';
  readonly #closing = new Closing();

  constructor(spec: ServerSpec, around: Surroundings) {
    this.spec = spec;
    this.#around = around;
    this.inProcess = spec.launches.every(({ kind }) => kind === 'functions');
    this.#settled = spec.start === 'lazy';
    this.health = { state: 'known', settled: this.#settled };
    const { breaker } = around.config;
    this.breaker = new Breaker(breaker.failures, breaker.coolDownMs);
    this.#readiness = new Readiness(this.id, around.log);
    this.#tools = new ToolList(this.id, around.registry, around.log, () => this.#report());
    this.#pool = poolFor(spec, around.config.poolShare, (launch) => this.#link(launch, undefined));
  }

  get id(): string {
    return this.spec.id;
  }
  get inFlight(): number {
    return this.#sum((link) => link.inFlight);
  }
  get restarts(): number {
    return this.#sum((link) => link.restarts);
  }
  get #live(): Link | undefined {
    return [...this.#pool.links].find(({ connection }) => connection !== undefined);
  }
  #sum(of: (link: Link) => number): number {
    let sum = 0;
    for (const link of this.#pool.links) sum += of(link);
    return sum;
  }

  start(): void {
    if (this.inProcess) {
      this.health = { state: 'ready', settled: true };
      this.#around.registry.setHealth(this.id, this.health);
    } else if (this.spec.start === 'eager') this.#pool.start();
  }

  /** Another description of the same connections: the registry starts from nothing, so tell it again what is. */
  renew(spec: ServerSpec): void {
    this.spec = spec;
    if (this.inProcess) return this.start();
    this.#reported = '';
    this.#report();
    const launch = spec.launches[0];
    const connection = this.#live?.connection;
    if (connection !== undefined && launch !== undefined) void this.#tools.list(this.#source(connection, launch));
  }

  /** What a server waited for may be there now. */
  kick(): void {
    for (const link of this.#pool.links) link.retry();
  }

  /** The connection for this caller where there is one now: the case that must cost nothing. */
  ready(caller: Caller | undefined): Connection | undefined {
    if (this.breaker.open) return undefined;
    return this.#pool.ready(caller)?.connection;
  }

  async acquire(
    caller: Caller | undefined,
    timeoutMs: number,
    signal: AbortSignal | undefined,
    era?: Era,
  ): Promise<Connection> {
    if (this.breaker.open && !(await this.#tryAgain())) throw unavailable(this.id, this.breaker.why);
    const until = Date.now() + timeoutMs;
    const pool = era === undefined ? this.#pool : this.#poolOf(era);
    let problem: unknown;
    for (const link of pool.candidates(caller)) {
      try {
        return await link.acquire(Math.max(1, until - Date.now()), signal);
      } catch (error) {
        problem = error;
        if (signal?.aborted || Date.now() >= until) break;
      }
    }
    throw problem ?? unavailable(this.id, 'it has no way to be reached');
  }

  /** A connection of one era; the main one where it has that era. */
  async acquireEra(era: Era, caller: Caller | undefined, signal: AbortSignal | undefined): Promise<Connection> {
    const { connectMs } = this.spec.timeouts;
    const main = await this.acquire(caller, connectMs, signal);
    if (main.era === era) return main;
    const eras = await this.eras();
    if (!eras.includes(era))
      throw fault('ERA_UNSUPPORTED', `server "${this.id}" does not speak the ${era} era`, {
        kind: 'invalid',
        alternatives: eras,
      });
    return this.acquire(caller, connectMs, signal, era);
  }

  /** Asks for the era that the main connection does not have, once. */
  eras(): Promise<readonly Era[]> {
    this.#eras ??= this.#findEras().catch((error: unknown) => {
      this.#eras = undefined;
      throw error;
    });
    return this.#eras;
  }

  sweep(now: number): void {
    this.#pool.sweep(now, this.spec.timeouts.idleMs);
    for (const pool of this.#others.values())
      for (const link of pool.links)
        if (link.connection !== undefined && link.inFlight === 0 && now - link.usedAt >= OTHER_ERA_IDLE_MS)
          link.drop('nobody used it', 'idle');
    if (this.breaker.due) void this.#tryAgain();
  }

  endSession(session: string): void {
    if (this.spec.connection !== 'session') return;
    this.#pool.endOf(session);
    for (const pool of this.#others.values()) pool.endOf(session);
  }

  /** It was replaced or removed: no new calls come, those in flight may finish. */
  async retire(drainMs: number): Promise<void> {
    this.#ended = true;
    this.#tools.stop();
    const until = Date.now() + drainMs;
    while (this.inFlight > 0 && Date.now() < until) await new Promise((done) => setTimeout(done, DRAIN_LOOK_MS));
    await this.end();
  }

  async end(): Promise<void> {
    this.#ended = true;
    this.#tools.stop();
    await Promise.all([this.#pool.end(), ...[...this.#others.values()].map((pool) => pool.end())]);
    // Links that were still connecting let go of their connection just now.
    await this.#closing.done();
  }

  #poolOf(era: Era): Pool {
    let pool = this.#others.get(era);
    if (pool === undefined) {
      const spec = { ...this.spec, pool: { ...this.spec.pool, warm: 0 } };
      pool = poolFor(spec, this.#around.config.poolShare, (launch) => this.#link(launch, era));
      this.#others.set(era, pool);
    }
    return pool;
  }

  #link(launch: Launch, era: Era | undefined): Link {
    const { config } = this.#around;
    const recovery = { ...config.backoff, failures: config.breaker.failures };
    const isMain = era === undefined;
    const eras = (): readonly Era[] => (isMain ? orderOfEras(this.spec, launch, this.#around.verdicts) : [era]);
    const open = (signal: AbortSignal): Promise<Connection> =>
      this.#around.gate.pass(() => this.#connect(launch, eras(), isMain, signal));
    return new Link(this.id, open, recovery, (link) => {
      if (isMain) this.#onState(link, launch);
    });
  }

  async #connect(launch: Launch, eras: readonly Era[], isMain: boolean, signal: AbortSignal): Promise<Connection> {
    const { config, verdicts } = this.#around;
    const transport = await this.#around.transport(launch, this.spec);
    const handshake = {
      eras,
      connectMs: this.spec.timeouts.connectMs,
      probeMs: config.probeMs,
      closing: (gone: Promise<void>) => this.#closing.add(gone),
    };
    try {
      const attempt = connect(this.id, transport, { ...config, sweepMs: SWEEP_MS }, handshake, signal);
      this.#closing.add(attempt);
      const connection = await attempt;
      if (launch.kind === 'http' && eras.length > 1 && connection.era === 'legacy') verdicts.set(launch, ['legacy']);
      connection.onNotification = (notification) => this.#heard(connection, launch, notification, isMain);
      connection.onTimeout = () => {
        this.breaker.failed(connection.rpc.received);
        this.#report();
      };
      return connection;
    } catch (error) {
      verdicts.forget(launch);
      throw error;
    }
  }

  #findEras(): Promise<readonly Era[]> {
    return findEras(this.spec, this.#around.verdicts, {
      main: async () => (await this.acquire(undefined, this.spec.timeouts.connectMs, undefined)).era,
      probe: async (launch, era) => {
        const probe = await this.#connect(launch, [era], false, new AbortController().signal);
        this.#closing.add(probe.close());
      },
    });
  }

  #tryAgain(): Promise<boolean> {
    return this.breaker.tryAgain(async () => {
      const link = this.#live;
      if (link?.connection === undefined) return true;
      const there = await link.connection.probe(this.#around.config.probeMs);
      // A server that neither answers calls nor a ping will not recover by waiting; a new process or session may.
      if (there) this.breaker.reset();
      else link.drop('it answers nothing any more', 'reconnect');
      this.#report();
      return there;
    });
  }

  #heard(connection: Connection, launch: Launch, notification: RpcNotification, isMain: boolean): void {
    if (isMain && notification.method === 'notifications/tools/list_changed')
      this.#tools.changed(this.#source(connection, launch));
    this.#around.onNotification(this.id, notification);
  }

  #onState(link: Link, launch: Launch): void {
    if (this.#ended || this.inProcess) return;
    if (link.state === 'connecting') this.#readiness.connecting();
    if (link.state === 'ready' && link.connection !== undefined) {
      this.breaker.reset();
      if (link.connection.era === 'modern') void listen(link.connection);
      // What one session sees need not be what all see.
      if (this.spec.connection === 'shared' || !this.#tools.listed)
        void this.#tools.list(this.#source(link.connection, launch));
    }
    if (link.state === 'waiting' && link.problem !== undefined) {
      const { message, hint } = link.problem;
      this.#around.log.warn('lost a server, or could not start it', {
        server: this.id,
        reason: message,
        ...(hint !== undefined && { hint }),
      });
    }
    this.#report();
  }

  #source(connection: Connection, launch: Launch): ListSource {
    const { maxListBytes: maxBytes } = this.#around.config;
    return { connection, timeoutMs: this.spec.timeouts.connectMs, overHttp: launch.kind === 'http', maxBytes };
  }

  #report(): void {
    if (this.#ended) return;
    const links = [...this.#pool.links];
    this.#settled ||= isSettled(links, this.#tools.listed);
    const health = healthOf(links, this.breaker, this.#settled);
    const text = JSON.stringify(health);
    if (text === this.#reported) return this.#announce();
    this.#reported = text;
    this.health = health;
    this.#around.registry.setHealth(this.id, health);
    this.#announce();
  }

  #announce(): void {
    this.#readiness.is(this.health.state, this.#tools.listed, () => ({
      tools: this.#around.registry.snapshot.servers.get(this.id)?.tools.length ?? 0,
      protocol: this.#live?.connection?.hello.protocolVersion,
    }));
  }
}
