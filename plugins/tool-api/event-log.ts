import type { RegistryChange, ToolRegistry } from '#plugins/tool-registry/api';
import { mcpEndpoint } from './detail.ts';

/** One change of the registry as the socket tells it; `tool_id` is the server's id, as the seeds have it. */
export interface ToolEvent {
  readonly type: RegistryChange['type'];
  /** Grows by one; `subscribe` with `since` replays what came after it. */
  readonly seq: number;
  /** Of the registry. */
  readonly version: number;
  readonly tool_id: string;
  readonly name: string;
  readonly capabilities: readonly string[];
  readonly endpoint: string;
  readonly status: string;
  readonly error?: string;
  readonly tools: readonly string[];
  readonly timestamp: string;
}

export interface EventLogState {
  readonly seq: number;
  readonly events: readonly ToolEvent[];
}

/** The last events, for clients that were away. */
export class EventLog {
  readonly #most: number;
  #events: ToolEvent[] = [];
  /** Begins at the time, so that a number from before a restart is never taken for one of now. */
  #seq = Date.now();

  constructor(most: number) {
    this.#most = most;
  }

  get seq(): number {
    return this.#seq;
  }
  get state(): EventLogState {
    return { seq: this.#seq, events: this.#events };
  }
  set state({ seq, events }: EventLogState) {
    this.#seq = seq;
    this.#events = events.slice(Math.max(0, events.length - this.#most));
  }

  add(change: RegistryChange, registry: ToolRegistry): ToolEvent {
    const server = registry.snapshot.servers.get(change.server);
    const gone = change.type === 'tool_uninstalled';
    this.#seq++;
    const event: ToolEvent = {
      type: change.type,
      seq: this.#seq,
      version: change.version,
      tool_id: change.server,
      name: server?.spec.title ?? change.server,
      capabilities: server?.spec.capabilities ?? [],
      endpoint: mcpEndpoint(change.server),
      status: gone && server === undefined ? 'removed' : (server?.health.state ?? 'removed'),
      ...(server?.health.error !== undefined && { error: server.health.error }),
      tools: change.tools,
      timestamp: new Date(change.at).toISOString(),
    };
    this.#events.push(event);
    // In blocks, so that a full log costs no copy for each event.
    if (this.#events.length > this.#most * 2) this.#events = this.#events.slice(this.#events.length - this.#most);
    return event;
  }

  /** What came after `since`; undefined where some of it is forgotten, or `since` is not ours. */
  after(since: number): readonly ToolEvent[] | undefined {
    if (since > this.#seq) return undefined;
    const missed = this.#seq - since;
    if (missed === 0) return [];
    if (missed > Math.min(this.#events.length, this.#most)) return undefined;
    return this.#events.slice(this.#events.length - missed);
  }
}
