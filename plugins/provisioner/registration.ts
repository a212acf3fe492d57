import { fault } from '#kernel';
import type { ServerCandidate } from '#plugins/mcp-search/api';
import type { ToolDispatcher } from '#plugins/tool-dispatch/api';
import type { Launch, Server, ServerSpec, ToolDefinition, ToolRegistry } from '#plugins/tool-registry/api';
import type { InstalledServer } from './api.ts';
import type { ProvisionerConfig } from './config.ts';
import type { Installations } from './installations.ts';

export const OWNER = 'provisioner';
const MOST_PAGES = 100;

export interface RegistrationParts {
  readonly registry: ToolRegistry;
  readonly dispatcher: ToolDispatcher;
  readonly config: ProvisionerConfig;
  readonly installations: Installations;
}

/** Installed servers in the registry. */
export class Registration {
  readonly #registry: ToolRegistry;
  readonly #dispatcher: ToolDispatcher;
  readonly #config: ProvisionerConfig;
  readonly #installations: Installations;
  readonly #undos = new Map<string, () => void>();
  /** Ids of installations under way. */
  readonly #reserved = new Set<string>();

  constructor({ registry, dispatcher, config, installations }: RegistrationParts) {
    this.#registry = registry;
    this.#dispatcher = dispatcher;
    this.#config = config;
    this.#installations = installations;
  }

  /** A free id near the candidate's name, free for nobody else until the undo is called. */
  reserveId(candidate: ServerCandidate): { readonly id: string; release(): void } {
    const id = this.#freeId(candidate);
    this.#reserved.add(id);
    return { id, release: () => void this.#reserved.delete(id) };
  }

  /** Nor that of a server that is installed and not in the registry now: its data are its own. */
  #isTaken(id: string): boolean {
    return (
      this.#reserved.has(id) || this.#registry.snapshot.servers.has(id) || this.#installations.get(id) !== undefined
    );
  }

  #freeId(candidate: ServerCandidate): string {
    const stem =
      candidate.name
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, '-')
        .replace(/^-+|-+$/g, '')
        .slice(0, 56) || 'server';
    for (let n = 1; ; n++) {
      const id = n === 1 ? stem : `${stem}-${n}`;
      if (!this.#isTaken(id)) return id;
    }
  }

  /** Listed from its last manifest at once; started by its first call. */
  register(installed: InstalledServer, launch: Launch): void {
    this.#undos.set(installed.server, this.#registry.register(this.#spec(installed, launch)));
  }

  /** Out of the registry; its process ends. */
  withdraw(server: string): void {
    this.#undos.get(server)?.();
    this.#undos.delete(server);
  }

  withdrawAll(): void {
    for (const server of [...this.#undos.keys()]) this.withdraw(server);
  }

  /** Starts it and waits until it has said what it can do. Faults: of connecting, and NOT_A_TOOL_SERVER. */
  async handshake(server: string, signal: AbortSignal): Promise<Server> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(this.#config.handshakeMs)]);
    await this.#dispatcher.open(server, { signal: limit });
    await this.#listed(server, limit);
    const known = this.#registry.server(server);
    if (known.tools.length === 0)
      throw fault('NOT_A_TOOL_SERVER', `"${server}" speaks MCP but lists no tool`, {
        kind: 'unavailable',
        hint: 'it may need an argument or a secret that its description tells of',
      });
    return known;
  }

  /** What the registry lists of it. */
  listed(server: string): readonly ToolDefinition[] {
    return this.#registry.snapshot.servers.get(server)?.tools.map(({ definition }) => definition) ?? [];
  }

  /** What it says of its tools now, asked of the server itself: the registry may still list those of the version before. */
  async toolsOf(server: string, signal: AbortSignal): Promise<readonly ToolDefinition[]> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(this.#config.handshakeMs)]);
    const conversation = await this.#dispatcher.open(server, { signal: limit });
    const all: ToolDefinition[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < MOST_PAGES; page++) {
      const { result } = await conversation.request('tools/list', cursor === undefined ? {} : { cursor }, {
        signal: limit,
      });
      const { tools, nextCursor } = result as { readonly tools?: ToolDefinition[]; readonly nextCursor?: string };
      all.push(...(tools ?? []));
      if (nextCursor === undefined || nextCursor === cursor) return all;
      cursor = nextCursor;
    }
    throw fault('NOT_A_TOOL_SERVER', `"${server}" lists its tools on more than ${MOST_PAGES} pages`, {
      kind: 'unavailable',
    });
  }

  #listed(id: string, signal: AbortSignal): Promise<void> {
    const isListed = (): boolean => {
      const server = this.#registry.snapshot.servers.get(id);
      return server === undefined || server.tools.length > 0 || signal.aborted;
    };
    if (isListed()) return Promise.resolve();
    return new Promise((resolve) => {
      const look = (): void => {
        if (!isListed()) return;
        unwatch();
        signal.removeEventListener('abort', look);
        resolve();
      };
      const unwatch = this.#registry.onChange(look);
      signal.addEventListener('abort', look);
    });
  }

  #spec({ server, title, description, capabilities }: InstalledServer, launch: Launch): ServerSpec {
    return {
      id: server,
      ...(title !== undefined && { title }),
      ...(description !== undefined && { description }),
      capabilities,
      launches: [launch],
      start: 'lazy',
      connection: 'shared',
      pool: { warm: 0, max: 1 },
      protocol: 'auto',
      timeouts: {
        connectMs: this.#config.handshakeMs,
        callMs: this.#config.callMs,
        idleMs: this.#config.idleMs,
      },
      owner: OWNER,
    };
  }
}
