import { type Fault, fault, nearest } from '#kernel';
import type { Server, Snapshot, Tool } from './api.ts';
import { canonicalId, toolKey } from './naming.ts';
import type { Spellings } from './spellings.ts';

/** Suggestions are looked for among so many names: a wrong name must not cost more than a right call. */
const MAX_SUGGEST_FROM = 4000;

/**
 * Finds servers and tools of one snapshot by every name that people and models give them. Exact names are answered from
 * the snapshot's own maps; the index of tool names is made when the first inexact name arrives.
 */
export class Lookup {
  readonly #snapshot: Snapshot;
  readonly #spellings: Spellings;
  #toolNames: Map<string, Tool[]> | undefined;

  constructor(snapshot: Snapshot, spellings: Spellings) {
    this.#snapshot = snapshot;
    this.#spellings = spellings;
  }

  server(name: string): Server {
    const found = this.#findServer(name);
    if (found) return found;
    throw fault('SERVER_UNKNOWN', `no server is named "${clip(name)}"`, {
      kind: 'not_found',
      alternatives: nearest(name, bounded(this.#snapshot.servers.keys(), name)),
      hint: 'list the tools to see what there is (GET /api/v1/tools/available)',
    });
  }

  resolve(name: string, action?: string): Tool {
    const { tools, byMcpName } = this.#snapshot;
    const exact = tools.get(name) ?? byMcpName.get(name);
    if (exact) return action === undefined ? exact : this.#withAction(exact, action);
    if (action !== undefined) return this.#toolOf(this.server(name), action);
    return this.#mainTool(name) ?? this.#qualified(name) ?? this.#bare(name) ?? this.#refuse(name);
  }

  #withAction(tool: Tool, action: string): Tool {
    if (toolKey(action) === toolKey(tool.name)) return tool;
    throw fault('TOOL_AMBIGUOUS', `"${tool.id}" is one tool, and the action "${clip(action)}" names another`, {
      kind: 'conflict',
      alternatives: [tool.id, `${tool.server}/${action}`],
      hint: `leave the action out, or name the server alone: "${tool.server}"`,
    });
  }

  /** A server's name alone: its main tool, or its only one. */
  #mainTool(name: string): Tool | undefined {
    const server = this.#findServer(name);
    if (!server) return undefined;
    const main = server.spec.mainTool ?? (server.tools.length === 1 ? server.tools[0]!.name : undefined);
    const tool = main === undefined ? undefined : this.#ownTool(server, main);
    if (tool) return tool;
    const bare = this.#named(name);
    if (bare.length === 1) return bare[0];
    if (isUnlistedFailure(server)) throw unavailable(server);
    if (server.tools.length === 0)
      throw fault('TOOL_UNKNOWN', `server "${server.id}" lists no tools${why(server)}`, {
        kind: 'not_found',
        hint: `its state is "${server.health.state}"; a lazy server lists its tools after the first connection`,
      });
    throw fault('TOOL_AMBIGUOUS', `"${clip(name)}" is a server with ${server.tools.length} tools`, {
      kind: 'conflict',
      alternatives: server.tools.slice(0, 20).map((one) => one.id),
      hint: 'name the tool too, as `server/tool` or with an action',
    });
  }

  /** `server/tool` and `server__tool` where either part has another spelling; both parts may contain the separator. */
  #qualified(name: string): Tool | undefined {
    let unknownTool: Fault | undefined;
    for (const separator of ['/', '__']) {
      for (let at = name.indexOf(separator); at > 0; at = name.indexOf(separator, at + 1)) {
        const server = this.#findServer(name.slice(0, at));
        if (!server) continue;
        const action = name.slice(at + separator.length);
        const tool = this.#ownTool(server, action);
        if (tool) return tool;
        unknownTool ??= this.#unknownAction(server, action);
      }
    }
    if (unknownTool) throw unknownTool;
    return undefined;
  }

  #bare(name: string): Tool | undefined {
    const found = this.#named(name);
    if (found.length < 2) return found[0];
    throw fault('TOOL_AMBIGUOUS', `${found.length} servers have a tool named "${clip(name)}"`, {
      kind: 'conflict',
      alternatives: found.slice(0, 20).map((tool) => tool.id),
      hint: 'name the server too, as `server/tool`',
    });
  }

  #refuse(name: string): never {
    const { servers, tools } = this.#snapshot;
    const short = [...servers.keys(), ...this.#names().keys()];
    const near = name.includes('/') || name.includes('__') ? [] : nearest(name, bounded(short, name));
    const ids = near.flatMap((one) =>
      servers.has(one) ? [one] : (this.#names().get(one) ?? []).map((tool) => tool.id),
    );
    const alternatives = ids.length > 0 ? ids.slice(0, 3) : nearest(name, bounded(tools.keys(), name));
    throw fault('TOOL_UNKNOWN', `no tool is named "${clip(name)}"`, {
      kind: 'not_found',
      alternatives,
      hint: 'list the tools to see what there is (GET /api/v1/tools/available)',
    });
  }

  #toolOf(server: Server, action: string): Tool {
    const tool = this.#ownTool(server, action);
    if (tool) return tool;
    throw this.#unknownAction(server, action);
  }

  #unknownAction(server: Server, action: string): Fault {
    if (isUnlistedFailure(server)) return unavailable(server);
    const names = server.tools.map((tool) => tool.name);
    const near = nearest(action, bounded(names, action));
    return fault('TOOL_UNKNOWN', `server "${server.id}" has no tool named "${clip(action)}"${why(server)}`, {
      kind: 'not_found',
      alternatives: (near.length > 0 ? near : names.slice(0, 10)).map((one) => `${server.id}/${one}`),
      hint: names.length === 0 ? `its state is "${server.health.state}"` : 'send one of its tools as the action',
    });
  }

  #ownTool(server: Server, name: string): Tool | undefined {
    const exact = this.#snapshot.tools.get(`${server.id}/${name}`);
    if (exact) return exact;
    const key = toolKey(name);
    if (key === '') return undefined;
    const same = server.tools.filter((tool) => toolKey(tool.name) === key);
    return same.length === 1 ? this.#snapshot.tools.get(same[0]!.id) : undefined;
  }

  #findServer(name: string): Server | undefined {
    const { servers } = this.#snapshot;
    const exact = servers.get(name) ?? servers.get(canonicalId(name));
    if (exact) return exact;
    const same = this.#spellings.of(name);
    if (same.length < 2) return servers.get(same[0] ?? '');
    throw fault('SERVER_AMBIGUOUS', `"${clip(name)}" may be ${same.length} servers`, {
      kind: 'conflict',
      alternatives: same,
      hint: 'send the id exactly',
    });
  }

  #named(name: string): readonly Tool[] {
    const names = this.#names();
    const exact = names.get(name);
    if (exact) return exact;
    const key = toolKey(name);
    return key === '' ? [] : (names.get(`\0${key}`) ?? []);
  }

  /** Tool name to tools, and (behind a NUL, which no listed name shows) loose spelling to tools. */
  #names(): Map<string, Tool[]> {
    if (this.#toolNames) return this.#toolNames;
    const index = new Map<string, Tool[]>();
    for (const tool of this.#snapshot.tools.values()) {
      add(index, tool.name, tool);
      add(index, `\0${toolKey(tool.name)}`, tool);
    }
    this.#toolNames = index;
    return index;
  }
}

const add = <T>(index: Map<string, T[]>, key: string, value: T): void => {
  const list = index.get(key);
  if (list) list.push(value);
  else index.set(key, [value]);
};

/** It never told its tools, so that nobody can say whether it has this one. */
const isUnlistedFailure = ({ tools, health }: Server): boolean => tools.length === 0 && health.state === 'failed';

const unavailable = ({ id, health }: Server): Fault =>
  fault('SERVER_UNAVAILABLE', `server "${id}" is not available: ${health.error ?? 'it failed to start'}`, {
    kind: 'unavailable',
    hint: 'its tools are not known until it starts; it is tried again by itself',
    data: { server: id },
  });

const why = (server: Server): string => (server.health.error ? ` (${clip(server.health.error, 200)})` : '');
const clip = (text: string, most = 100): string => (text.length > most ? `${text.slice(0, most)}...` : text);

function bounded(names: Iterable<string>, wanted: string): string[] {
  const all = [...names].filter((name) => !name.startsWith('\0'));
  if (wanted.length > 200) return [];
  if (all.length <= MAX_SUGGEST_FROM) return all;
  const first = wanted.slice(0, 2).toLowerCase();
  return all.filter((name) => name.toLowerCase().includes(first)).slice(0, MAX_SUGGEST_FROM);
}
