import type { Health } from '#kernel';
import type { ServerSpec, Tool } from '#plugins/tool-registry/api';
import type {
  CallOptions,
  CallRecord,
  Conversation,
  Era,
  OpenOptions,
  RpcNotification,
  ToolDispatcher,
  ToolOutcome,
  Wire,
} from './api.ts';
import { Backend } from './backend.ts';
import { type CallHost, ServerCall } from './call.ts';
import type { Connection } from './connection.ts';
import { ServerConversation } from './conversation.ts';
import { unavailable } from './faults.ts';
import { runFunction } from './functions.ts';
import { paramHeaders } from './param-headers.ts';
import type { Surroundings } from './surroundings.ts';
import { Attachment } from './wires/attached.ts';

const SWEEP_MS = 250;
const HAND_OVER_MS = 500;
const NO_OPTIONS: CallOptions = {};

export class Dispatcher implements ToolDispatcher, CallHost {
  readonly retry: boolean;
  readonly #around: Surroundings;
  readonly #backends = new Map<string, Backend>();
  readonly #records = new Set<(record: CallRecord) => void>();
  readonly #notifications = new Set<(server: string, notification: RpcNotification) => void>();
  readonly #attached = new Map<string, Attachment>();
  readonly #leaving = new Set<Backend>();
  #timer: NodeJS.Timeout | undefined;
  #unwatch: (() => void) | undefined;

  constructor(around: Omit<Surroundings, 'onNotification'>) {
    this.#around = { ...around, onNotification: (server, notification) => this.#tell(server, notification) };
    this.retry = around.config.retry;
  }

  start(): void {
    const { registry } = this.#around;
    this.#unwatch = registry.onChange((change) => {
      if (change.type !== 'server_health') this.#follow(change.server);
    });
    for (const id of registry.snapshot.servers.keys()) this.#follow(id);
    this.#timer = setInterval(() => this.#sweep(), SWEEP_MS);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    this.#unwatch?.();
    clearInterval(this.#timer);
    const all = [...this.#backends.values()];
    this.#backends.clear();
    await Promise.all([...this.#leaving, ...all].map((backend) => backend.end()));
  }

  call(
    tool: Tool,
    parameters: Readonly<Record<string, unknown>>,
    options: CallOptions = NO_OPTIONS,
  ): Promise<ToolOutcome> {
    return new Promise((resolve, reject) => {
      if (options.unchecked !== true) this.#around.registry.validate(tool, parameters);
      const backend = this.#backends.get(tool.server);
      if (backend !== undefined && !backend.inProcess)
        new ServerCall(this, backend, tool, parameters, options, resolve, reject).begin();
      else this.#callFunction(tool, parameters, options).then(resolve, reject);
    });
  }

  async open(server: string, options: OpenOptions = {}): Promise<Conversation> {
    const { id } = this.#around.registry.server(server);
    const { caller, era, signal } = options;
    const backend = this.#backend(id);
    const { callMs, connectMs } = backend.spec.timeouts;
    const acquire = async (until: AbortSignal | undefined): Promise<Connection> => {
      if (era !== undefined) return backend.acquireEra(era, caller, until);
      return backend.ready(caller) ?? backend.acquire(caller, connectMs, until);
    };
    const tool = (name: unknown): Tool | undefined => this.#around.registry.snapshot.tools.get(`${id}/${String(name)}`);
    const finished = (record: CallRecord): void => this.finished(record);
    const line = { id, callMs, retry: this.retry, acquire, tool, finished };
    return new ServerConversation(line, await acquire(signal), caller);
  }

  async eras(server: string): Promise<readonly Era[]> {
    return this.#backend(this.#around.registry.server(server).id).eras();
  }

  #backend(id: string): Backend {
    // The registry tells its changes a moment after they count.
    this.#follow(id);
    const backend = this.#backends.get(id);
    if (backend === undefined) throw unavailable(id, 'it has no connection of its own');
    return backend;
  }

  /** Ready when every eager server has answered or was given up; which failed, and why. */
  health(): Health {
    const failed: Record<string, string> = {};
    const waiting: string[] = [];
    const { servers } = this.#around.registry.snapshot;
    for (const [id, { spec }] of servers) {
      const health = this.#backends.get(id)?.health;
      if (spec.start === 'eager' && health?.settled !== true) waiting.push(id);
      if (health?.state === 'failed') failed[id] = health.error ?? 'it failed';
    }
    return {
      ok: true,
      ready: waiting.length === 0,
      detail: {
        servers: servers.size,
        ...(waiting.length > 0 && { waiting }),
        ...(Object.keys(failed).length > 0 && { failed }),
      },
    };
  }

  inFlight(): number {
    return this.#sum((backend) => backend.inFlight);
  }
  restarts(): number {
    return this.#sum((backend) => backend.restarts);
  }
  failedServers(): number {
    return this.#sum((backend) => (backend.health.state === 'failed' ? 1 : 0));
  }
  openBreakers(): number {
    return this.#sum((backend) => (backend.breaker.open ? 1 : 0));
  }
  #sum(of: (backend: Backend) => number): number {
    let sum = 0;
    for (const backend of this.#backends.values()) sum += of(backend);
    return sum;
  }

  onCall(listener: (record: CallRecord) => void): () => void {
    this.#records.add(listener);
    return () => this.#records.delete(listener);
  }

  onNotification(listener: (server: string, notification: RpcNotification) => void): () => void {
    this.#notifications.add(listener);
    return () => this.#notifications.delete(listener);
  }

  endSession(session: string): void {
    for (const backend of this.#backends.values()) backend.endSession(session);
  }

  attach(connection: string, wire: Wire): () => void {
    const attachment = new Attachment(wire);
    this.#attached.get(connection)?.detach();
    this.#attached.set(connection, attachment);
    for (const backend of this.#backends.values())
      if (backend.spec.launches.some((launch) => launch.kind === 'attached' && launch.connection === connection))
        backend.kick();
    return () => {
      attachment.detach();
      if (this.#attached.get(connection) === attachment) this.#attached.delete(connection);
    };
  }

  attachment(connection: string): Attachment | undefined {
    return this.#attached.get(connection);
  }

  finished(record: CallRecord): void {
    this.#around.registry.observe(record);
    for (const listener of this.#records) listener(record);
  }

  headers(tool: Tool, parameters: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> | undefined {
    return paramHeaders(tool.definition.inputSchema, parameters);
  }

  async #callFunction(
    tool: Tool,
    parameters: Readonly<Record<string, unknown>>,
    options: CallOptions,
  ): Promise<ToolOutcome> {
    const { registry } = this.#around;
    const run = registry.functionOf(tool);
    if (run === undefined) throw unavailable(tool.server, 'it is no longer registered');
    const started = performance.now();
    const timeoutMs = options.timeoutMs ?? registry.snapshot.servers.get(tool.server)?.spec.timeouts.callMs ?? 0;
    const record = (outcome: CallRecord['outcome'], resultBytes: number, code?: string): void =>
      this.finished({
        tool: tool.id,
        server: tool.server,
        principal: options.caller?.principal ?? 'anonymous',
        startedAt: performance.timeOrigin + started,
        durationMs: performance.now() - started,
        outcome,
        ...(code !== undefined && { code }),
        attempts: 1,
        resultBytes,
      });
    try {
      const outcome = await runFunction(tool, run, parameters, options, timeoutMs);
      record(outcome.result.isError === true ? 'tool_error' : 'ok', outcome.text.length);
      return outcome;
    } catch (error) {
      const { kind, code } = error as { kind?: string; code?: string };
      record(kind === 'timeout' || kind === 'cancelled' ? kind : 'error', 0, code);
      throw error;
    }
  }

  /** Brings our side in line with what the registry says of one server. */
  #follow(id: string): void {
    const spec = this.#around.registry.snapshot.servers.get(id)?.spec;
    const backend = this.#backends.get(id);
    if (spec === backend?.spec) return;
    if (backend !== undefined && spec !== undefined && samePlace(spec, backend.spec)) {
      backend.renew(spec);
      return;
    }
    this.#backends.delete(id);
    const gone = backend === undefined ? undefined : this.#retire(backend);
    if (spec === undefined) return;
    const next = new Backend(spec, this.#around);
    this.#backends.set(id, next);
    if (gone === undefined) return next.start();
    // The old one may hold what the new one needs: a port, a lock.
    const late = new Promise((done) => setTimeout(done, HAND_OVER_MS));
    void Promise.race([gone, late]).then(() => {
      if (this.#backends.get(id) === next) next.start();
    });
  }

  #retire(backend: Backend): Promise<void> {
    this.#leaving.add(backend);
    return backend.retire(this.#around.config.drainMs).finally(() => this.#leaving.delete(backend));
  }

  #sweep(): void {
    const now = Date.now();
    for (const backend of this.#backends.values()) backend.sweep(now);
  }

  #tell(server: string, notification: RpcNotification): void {
    for (const listener of this.#notifications) listener(server, notification);
  }
}

/** Whether the two describe the same connections, so that nothing has to be started anew. */
function samePlace(a: ServerSpec, b: ServerSpec): boolean {
  const place = ({ launches, connection, pool, protocol, start }: ServerSpec): string =>
    JSON.stringify([launches, connection, pool, protocol, start]);
  return place(a) === place(b);
}
