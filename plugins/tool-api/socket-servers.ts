import { randomUUID } from 'node:crypto';
import { fault, isFault } from '#kernel';
import type { Auth, Principal } from '#plugins/auth/api';
import type { ToolDispatcher } from '#plugins/tool-dispatch/api';
import type { ServerSpec, ToolDefinition, ToolRegistry } from '#plugins/tool-registry/api';
import { mcpEndpoint } from './detail.ts';
import { MessageWire } from './message-wire.ts';
import type { RegisterMessage, ResultMessage } from './messages.ts';
import { PlainWire, type SocketWire } from './socket-wire.ts';

const OWNER = 'socket';

export interface SocketServersParts {
  readonly registry: ToolRegistry;
  readonly dispatcher: ToolDispatcher;
  readonly auth: Auth | undefined;
}

interface Registered {
  readonly client: string;
  readonly wire: SocketWire;
  /** Ends the wire; the registry has another server of this name by now, or none. */
  readonly release: () => void;
}

/** The client's side, as far as servers need it. */
export interface ServerSocket {
  readonly id: string;
  readonly principal: Principal;
  tell(message: object): void;
  write(text: string): void;
}

/** Independent servers that registered themselves over a socket. They are gone when it is. */
export class SocketServers {
  readonly #parts: SocketServersParts;
  readonly #most: number;
  /** By canonical id. */
  readonly #servers = new Map<string, Registered>();

  constructor(parts: SocketServersParts, most: number) {
    this.#parts = parts;
    this.#most = most;
  }

  get size(): number {
    return this.#servers.size;
  }

  /** Faults: REQUEST_INVALID, SERVER_TAKEN, SOCKET_SERVERS_FULL, and those of the registry. */
  register(message: RegisterMessage, socket: ServerSocket): object {
    const { registry, dispatcher, auth } = this.#parts;
    const name = message.tool_id ?? message.name;
    if (name === undefined) throw fault('REQUEST_INVALID', 'tool_id or name is missing', { kind: 'invalid' });
    const plain = message.protocol === 'mcp';
    if (!plain && (message.tools ?? []).length === 0)
      throw fault('REQUEST_INVALID', 'tools is missing: the definitions of your tools, as in MCP tools/list', {
        kind: 'invalid',
        hint: 'or say "protocol": "mcp" if your socket speaks JSON-RPC and lists them itself',
      });
    const known = this.#find(name);
    const before = known === undefined ? undefined : this.#servers.get(known);
    if (before !== undefined && before.client !== socket.id)
      throw fault('SERVER_TAKEN', `"${known}" is registered by another socket that is still open`, {
        kind: 'conflict',
      });
    const mine = this.#of(socket.id);
    if (before === undefined && mine.length >= this.#most)
      throw fault('SOCKET_SERVERS_FULL', `one socket may register at most ${this.#most} servers`, {
        kind: 'rate_limited',
      });
    if (plain && mine.some(([id, { wire }]) => wire instanceof PlainWire && id !== known))
      throw fault('SERVER_TAKEN', 'one socket carries one server that speaks MCP', {
        kind: 'conflict',
        hint: 'open a socket for each',
      });
    const connection = `${socket.id}/${randomUUID().slice(0, 8)}`;
    const wire = plain
      ? new PlainWire((text) => socket.write(text))
      : new MessageWire(
          {
            toolId: name,
            name: message.name ?? name,
            version: message.version ?? '0',
            tools: message.tools ?? [],
          },
          randomUUID,
          (told) => socket.tell(told),
        );
    const detach = dispatcher.attach(connection, wire);
    try {
      registry.register(toSpec(name, message, connection));
    } catch (error) {
      detach();
      throw error;
    }
    const { id } = registry.server(name);
    before?.release();
    this.#servers.set(id, {
      client: socket.id,
      wire,
      release: () => {
        wire.end('its socket was closed');
        detach();
      },
    });
    auth?.audit({ principal: socket.principal.id, action: 'tool.register', target: id, outcome: 'ok' });
    const tools = registry.snapshot.servers.get(id)?.tools.map((tool) => tool.id) ?? [];
    return { success: true, tool_id: id, tools, mcp_endpoint: mcpEndpoint(id), version: registry.snapshot.version };
  }

  unregister(name: string, socket: ServerSocket): object {
    const id = this.#find(name);
    const found = id === undefined ? undefined : this.#servers.get(id);
    if (id === undefined || found?.client !== socket.id)
      throw fault('SERVER_UNKNOWN', `this socket registered no server "${name}"`, {
        kind: 'not_found',
        alternatives: this.#of(socket.id).map(([mine]) => mine),
      });
    this.#end(id, found);
    this.#parts.auth?.audit({ principal: socket.principal.id, action: 'tool.unregister', target: id, outcome: 'ok' });
    return { success: true, tool_id: id, version: this.#parts.registry.snapshot.version };
  }

  /** False where no call of this socket waits for the answer: it came too late, or twice. */
  answered(message: ResultMessage, client: string): boolean {
    return this.#of(client).some(([, { wire }]) => wire instanceof MessageWire && wire.answered(message));
  }

  /** A JSON-RPC message of the socket; false where it registered no server that speaks MCP. */
  received(text: string, client: string): boolean {
    const plain = this.#of(client).find(([, { wire }]) => wire instanceof PlainWire);
    if (plain === undefined) return false;
    (plain[1].wire as PlainWire).receive(text);
    return true;
  }

  /** The socket is gone, and its servers with it. */
  left(client: string): void {
    for (const [id, registered] of this.#of(client)) this.#end(id, registered);
  }

  #end(id: string, registered: Registered): void {
    this.#servers.delete(id);
    this.#parts.registry.unregister(id);
    registered.release();
  }

  #of(client: string): [string, Registered][] {
    return [...this.#servers].filter(([, registered]) => registered.client === client);
  }

  #find(name: string): string | undefined {
    try {
      return this.#parts.registry.server(name).id;
    } catch (error) {
      if (isFault(error) && error.kind === 'not_found') return undefined;
      throw error;
    }
  }
}

const toSpec = (id: string, message: RegisterMessage, connection: string): ServerSpec => ({
  id,
  ...(message.name !== undefined && { title: message.name }),
  ...(message.description !== undefined && { description: message.description }),
  ...(message.capabilities !== undefined && { capabilities: message.capabilities }),
  ...(message.toolkit !== undefined && { toolkit: message.toolkit }),
  ...(message.main_tool !== undefined && { mainTool: message.main_tool }),
  ...(message.tools !== undefined && { manifest: message.tools as readonly ToolDefinition[] }),
  launches: [{ kind: 'attached', connection }],
  start: 'eager',
  connection: 'shared',
  pool: { warm: 0, max: 1 },
  protocol: 'legacy',
  timeouts: { connectMs: 10_000, callMs: 60_000, idleMs: 0 },
  owner: OWNER,
});
