import { type Log, reason } from '#kernel';
import type { Launch, ServerHealth, ServerSpec, ToolDefinition, ToolRegistry } from '#plugins/tool-registry/api';
import type { Caller, Era, RpcNotification } from './api.ts';
import { Breaker } from './breaker.ts';
import type { Config } from './config.ts';
import { type Connection, connect } from './connection.ts';
import { unavailable } from './faults.ts';
import { Link } from './link.ts';
import type { StartGate } from './start-gate.ts';
import type { Transport } from './wires/transport.ts';

export interface Surroundings {
  readonly config: Config;
  readonly log: Log;
  readonly registry: ToolRegistry;
  readonly gate: StartGate;
  readonly transport: (launch: Launch, spec: ServerSpec) => Transport | Promise<Transport>;
  readonly onNotification: (server: string, notification: RpcNotification) => void;
}

const SWEEP_MS = 50;
const RELIST_MS = 50;
const MOST_PAGES = 100;

/** One registered server: its connections, which of them a call takes, and what the registry hears of it. */
export class Backend {
  spec: ServerSpec;
  readonly breaker: Breaker;
  readonly #around: Surroundings;
  readonly #links: Link[];
  #turn = 0;
  #listed = false;
  #settled = false;
  #ended = false;
  #reported = '';
  health: Omit<ServerHealth, 'since'>;
  #relist: NodeJS.Timeout | undefined;

  constructor(spec: ServerSpec, around: Surroundings) {
    this.spec = spec;
    this.#around = around;
    const { breaker } = around.config;
    this.breaker = new Breaker(breaker.failures, breaker.coolDownMs);
    this.health = { state: 'known', settled: spec.start === 'lazy' };
    this.#links = spec.launches.map((launch) => this.#link(launch));
  }

  get id(): string {
    return this.spec.id;
  }

  get inFlight(): number {
    return this.#links.reduce((sum, link) => sum + link.inFlight, 0);
  }
  get restarts(): number {
    return this.#links.reduce((sum, link) => sum + link.restarts, 0);
  }

  start(): void {
    if (this.spec.start === 'eager') for (const link of this.#links) link.start();
  }

  /** The connection for this caller where there is one now: the case that must cost nothing. */
  ready(_caller: Caller | undefined): Connection | undefined {
    if (this.breaker.open) return undefined;
    if (this.#links.length === 1) return this.#links[0]!.connection;
    return this.#leastBusy()?.connection;
  }

  async acquire(_caller: Caller | undefined, timeoutMs: number, signal: AbortSignal | undefined): Promise<Connection> {
    if (this.breaker.open && !(await this.#tryAgain())) throw unavailable(this.id, this.breaker.why);
    const until = Date.now() + timeoutMs;
    let problem: unknown;
    for (const link of this.#byHope()) {
      try {
        return await link.acquire(Math.max(1, until - Date.now()), signal);
      } catch (error) {
        problem = error;
        if (signal?.aborted || Date.now() >= until) break;
      }
    }
    throw problem ?? unavailable(this.id, 'it has no way to be reached');
  }

  /** Closes what nobody used for long. */
  sweep(now: number): void {
    const { idleMs } = this.spec.timeouts;
    if (idleMs === 0 || this.spec.start !== 'lazy') return;
    for (const link of this.#links)
      if (link.connection !== undefined && link.inFlight === 0 && now - link.usedAt >= idleMs)
        link.drop('it was idle', 'idle');
  }

  async end(): Promise<void> {
    this.#ended = true;
    clearTimeout(this.#relist);
    await Promise.all(this.#links.map((link) => link.end()));
  }

  #leastBusy(): Link | undefined {
    let best: Link | undefined;
    const count = this.#links.length;
    const turn = this.#turn++;
    for (let i = 0; i < count; i++) {
      const link = this.#links[(turn + i) % count]!;
      if (link.connection !== undefined && (best === undefined || link.connection.inFlight < best.connection!.inFlight))
        best = link;
    }
    return best;
  }

  #byHope(): Link[] {
    const rank = (link: Link): number =>
      link.connection !== undefined ? 0 : link.state === 'connecting' ? 1 : link.givenUp ? 3 : 2;
    return [...this.#links].sort((a, b) => rank(a) - rank(b) || a.inFlight - b.inFlight);
  }

  #link(launch: Launch): Link {
    const { config } = this.#around;
    const recovery = { ...config.backoff, failures: config.breaker.failures };
    const open = (signal: AbortSignal): Promise<Connection> =>
      this.#around.gate.pass(() => this.#connect(launch, signal));
    return new Link(this.id, open, recovery, (link) => this.#onState(link));
  }

  async #connect(launch: Launch, signal: AbortSignal): Promise<Connection> {
    const { config } = this.#around;
    const transport = await this.#around.transport(launch, this.spec);
    const limits = { ...config, sweepMs: SWEEP_MS };
    const handshake = { eras: this.#eras(launch), connectMs: this.spec.timeouts.connectMs, probeMs: config.probeMs };
    const connection = await connect(this.id, transport, limits, handshake, signal);
    connection.onNotification = (notification) => this.#heard(connection, notification);
    connection.onTimeout = () => this.breaker.failed(connection.rpc.received);
    return connection;
  }

  #eras(launch: Launch): readonly Era[] {
    if (this.spec.protocol !== 'auto') return [this.spec.protocol];
    return launch.kind === 'http' ? ['modern', 'legacy'] : ['legacy', 'modern'];
  }

  async #tryAgain(): Promise<boolean> {
    return this.breaker.tryAgain(async () => {
      const link = this.#leastBusy();
      if (link?.connection === undefined) return true;
      const there = await link.connection.probe(this.#around.config.probeMs);
      // A server that neither answers calls nor a ping will not recover by waiting; a new process or session may.
      if (!there) link.drop('it answers nothing any more', 'reconnect');
      return there;
    });
  }

  #heard(connection: Connection, notification: RpcNotification): void {
    if (notification.method === 'notifications/tools/list_changed') {
      clearTimeout(this.#relist);
      this.#relist = setTimeout(() => void this.#list(connection), RELIST_MS);
    }
    this.#around.onNotification(this.id, notification);
  }

  #onState(link: Link): void {
    if (this.#ended) return;
    if (link.state === 'ready' && link.connection !== undefined) {
      this.breaker.reset();
      if (!this.#listed || this.#links.length === 1) void this.#list(link.connection);
    }
    if (link.state === 'waiting' && link.problem !== undefined)
      this.#around.log.warn('lost a server, or could not start it', { server: this.id, reason: link.problem.message });
    this.#report();
  }

  #report(): void {
    if (this.#ended) return;
    const states = this.#links.map((link) => link.state);
    const ready = states.includes('ready');
    const broken = this.#links.find((link) => link.state === 'waiting' && link.problem !== undefined);
    const state = ready
      ? this.breaker.open
        ? 'failed'
        : 'ready'
      : broken !== undefined
        ? 'failed'
        : states.includes('connecting')
          ? 'starting'
          : 'known';
    const tried = this.#links.every((link) => link.state === 'ready' || link.state === 'waiting');
    this.#settled ||= this.spec.start === 'lazy' || (ready && this.#listed) || (tried && !ready);
    const error = ready ? (this.breaker.open ? this.breaker.why : undefined) : broken?.problem?.message;
    const health = { state, settled: this.#settled, ...(error !== undefined && { error }) } as const;
    const text = JSON.stringify(health);
    if (text === this.#reported) return;
    this.#reported = text;
    this.health = health;
    this.#around.registry.setHealth(this.id, health);
  }

  async #list(connection: Connection): Promise<void> {
    const { timeouts } = this.spec;
    const { hello } = connection;
    try {
      const tools: ToolDefinition[] = [];
      let cursor: string | undefined;
      for (let page = 0; page < MOST_PAGES && hello.capabilities.tools !== undefined; page++) {
        const { result } = await connection.ask('tools/list', cursor === undefined ? {} : { cursor }, {
          timeoutMs: timeouts.connectMs,
        });
        const { tools: some, nextCursor } = result as { tools?: ToolDefinition[]; nextCursor?: string };
        tools.push(...(some ?? []));
        cursor = nextCursor;
        if (cursor === undefined) break;
      }
      if (this.#ended) return;
      const { name, version } = hello.serverInfo ?? {};
      this.#around.registry.setTools(this.id, tools, {
        ...(name !== undefined && { name }),
        ...(version !== undefined && { version }),
        ...(hello.instructions !== undefined && { instructions: hello.instructions }),
      });
    } catch (error) {
      this.#around.log.warn('could not list the tools of a server', { server: this.id, reason: reason(error) });
    }
    this.#listed = true;
    this.#report();
  }
}
