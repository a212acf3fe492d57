import { z } from 'zod';
import { fault, isFault } from '#kernel';
import type { Auth, Principal } from '#plugins/auth/api';
import type { McpConfig } from '#plugins/mcp-config/api';
import type { Server, ServerSpec, ToolRegistry } from '#plugins/tool-registry/api';
import type { ToolApiConfig } from './config.ts';
import { mcpEndpoint } from './detail.ts';
import { demand, isAdmin } from './execute.ts';
import { isPrivateAddress } from './private-address.ts';

const OWNER = 'rest';
const MOST_AT_ONCE = 100;
const id = z.string().min(1).max(128);
const batch = z.record(id, z.record(z.string(), z.unknown()));

export const registerBody = z
  .looseObject({
    id: id.optional().describe('name of the one server whose entry this is (also as `tool_id`)'),
    tool_id: id.optional().describe('the same as id'),
    servers: batch.optional().describe('several entries by name (also as `mcpServers`)'),
    mcpServers: batch.optional().describe('the same as servers'),
  })
  .describe(
    'an entry as in mcp.json: { id, url, headers } or { id, command, args, env }; or { servers: { name: entry } }',
  );
export type RegisterBody = z.output<typeof registerBody>;

/** Kinds of launch that run code of the caller's choice as this user. */
const PROGRAMS: ReadonlySet<string> = new Set(['stdio', 'module']);

export interface RegistrationParts {
  readonly registry: ToolRegistry;
  readonly mcpConfig: McpConfig | undefined;
  readonly auth: Auth | undefined;
  /** Whether this server takes programs over REST at all. */
  readonly programsAllowed: () => boolean;
  /** Who may register addresses of this machine and its own networks. */
  readonly privateAddresses: ToolApiConfig['privateAddresses'];
}

/** Servers that come and go over REST; the registry keeps them for the next start. */
export class Registration {
  readonly #parts: RegistrationParts;

  constructor(parts: RegistrationParts) {
    this.#parts = parts;
  }

  /** All entries of a request or none. `webPage`: a browser sends this for a page. */
  async register(body: RegisterBody, principal: Principal, webPage: boolean): Promise<object> {
    const entries = entriesOf(body);
    // Before they are read: whether a file is there and what it looks like is not for every caller.
    if (entries.some(([, entry]) => namesFile(entry))) this.#checkLocal(principal, webPage, 'naming a local file');
    const specs = this.#read(entries).map((spec) => ({ ...spec, registeredBy: principal.id }));
    if (specs.some((spec) => spec.launches.some((launch) => launch.kind === 'unix')))
      this.#checkLocal(principal, webPage, 'registering a local socket');
    if (specs.some((spec) => spec.launches.some((launch) => PROGRAMS.has(launch.kind))))
      this.#checkProgram(principal, webPage);
    this.#checkAddresses(specs, principal);
    for (const spec of specs) this.#checkNames(spec, principal);
    const { registry } = this.#parts;
    const takeBack: (() => void)[] = [];
    try {
      for (const spec of specs) takeBack.push(this.#put(spec));
      await registry.saved();
    } catch (error) {
      for (const undo of takeBack.reverse()) undo();
      throw error;
    }
    const registered = specs.map((spec) => registry.server(spec.id));
    for (const server of registered) this.#audit(principal, 'tool.register', server.id);
    return { success: true, registered: registered.map(brief), version: registry.snapshot.version };
  }

  /** Faults: SERVER_UNKNOWN, SERVER_NOT_YOURS (of another owner, or of another principal). */
  async unregister(name: string, principal: Principal): Promise<object> {
    const { registry } = this.#parts;
    if (name.includes('/'))
      throw fault('TOOL_NOT_ALONE', 'a single tool cannot be removed', {
        kind: 'invalid',
        hint: 'remove its server: DELETE /api/v1/tools/{server}',
      });
    const server = registry.server(name);
    if (server.spec.owner !== OWNER)
      throw fault(
        'SERVER_NOT_YOURS',
        `server "${server.id}" was not registered over REST but by ${server.spec.owner}`,
        {
          kind: 'conflict',
          hint: 'remove it where it comes from',
        },
      );
    checkOwn(server, principal);
    registry.unregister(server.id);
    await registry.saved();
    this.#audit(principal, 'tool.unregister', server.id);
    return {
      success: true,
      tool_id: server.id,
      removed_tools: server.tools.map((tool) => tool.id),
      version: registry.snapshot.version,
    };
  }

  #read(entries: Entries): ServerSpec[] {
    const { mcpConfig } = this.#parts;
    if (mcpConfig === undefined)
      throw fault('REGISTER_ABSENT', 'this pipeline has no reader of server entries', {
        kind: 'unavailable',
        hint: 'add mcp-config to the pipeline',
      });
    return entries.map(([key, value]) => mcpConfig.parseEntry(key, value, OWNER));
  }

  /** Puts one in; the undo restores what was there. */
  #put(spec: ServerSpec): () => void {
    const { registry } = this.#parts;
    const before = [...registry.snapshot.servers.values()];
    registry.register(spec);
    const { id: canonical } = registry.server(spec.id);
    const replaced = before.find((server) => server.id === canonical);
    return () => {
      if (replaced === undefined) registry.unregister(canonical);
      else registry.register(replaced.spec);
    };
  }

  /** Neither its id nor another name of it may mean a server of somebody else. */
  #checkNames(spec: ServerSpec, principal: Principal): void {
    for (const name of [spec.id, ...(spec.aliases ?? [])])
      for (const server of this.#named(name)) if (server.spec.owner === OWNER) checkOwn(server, principal);
  }

  #named(name: string): readonly Server[] {
    const { registry } = this.#parts;
    try {
      return [registry.server(name)];
    } catch (error) {
      const several = isFault(error) && error.code === 'SERVER_AMBIGUOUS' ? error.alternatives : [];
      return several.flatMap((id) => registry.snapshot.servers.get(id) ?? []);
    }
  }

  #checkAddresses(specs: readonly ServerSpec[], principal: Principal): void {
    if (this.#parts.privateAddresses === 'writers' || isAdmin(principal)) return;
    for (const { id: server, launches } of specs)
      if (launches.some((launch) => 'url' in launch && isPrivateAddress(launch.url)))
        throw fault('ADDRESS_REFUSED', `the address of "${server}" is on this machine or its own networks`, {
          kind: 'forbidden',
          hint: 'use credentials with the scope admin, a public address, or set privateAddresses of tool-api to writers',
          data: { server },
        });
  }

  #checkProgram(principal: Principal, webPage: boolean): void {
    if (!this.#parts.programsAllowed())
      throw fault('COMMAND_REFUSED', 'programs may not be registered over REST here', {
        kind: 'forbidden',
        hint: 'register a url, add the program to mcp.json, or set allowCommands of tool-api',
      });
    this.#checkLocal(principal, webPage, 'registering a program');
  }

  /** What reaches into this machine: programs, files, sockets. */
  #checkLocal(principal: Principal, webPage: boolean, what: string): void {
    // Any page of a local development server passes as a loopback origin; none of them shall reach further.
    if (webPage && principal.kind === 'anonymous')
      throw fault('COMMAND_REFUSED', `a web page has no credentials for ${what}`, {
        kind: 'forbidden',
        hint: 'turn on authentication, or register outside of the browser',
      });
    demand(principal, 'admin', what);
  }

  #audit(principal: Principal, action: string, target: string): void {
    this.#parts.auth?.audit({ principal: principal.id, action, target, outcome: 'ok' });
  }
}

function checkOwn({ id: server, spec }: Server, principal: Principal): void {
  if (spec.registeredBy === principal.id || isAdmin(principal)) return;
  throw fault('SERVER_NOT_YOURS', `server "${server}" was registered by somebody else`, {
    kind: 'forbidden',
    hint: 'register under another id, or use the credentials that registered it, or those of an admin',
    data: { server },
  });
}

type Entries = readonly (readonly [name: string, entry: Readonly<Record<string, unknown>>])[];

function entriesOf(body: RegisterBody): Entries {
  const { id: one, tool_id, servers, mcpServers, ...entry } = body;
  const name = one ?? tool_id;
  const entries = Object.entries(name === undefined ? { ...mcpServers, ...servers } : { [name]: entry });
  if (entries.length === 0 || entries.length > MOST_AT_ONCE)
    throw fault('REQUEST_INVALID', `send the entry of one server with its id, or 1 to ${MOST_AT_ONCE} in "servers"`, {
      kind: 'invalid',
      hint: '{ "id": "files", "url": "http://..." } or { "servers": { "files": { "url": "http://..." } } }',
    });
  return entries;
}

/** As sent, at the top or in a replica. */
const namesFile = ({ manifest, envFile, replicas }: Readonly<Record<string, unknown>>): boolean =>
  typeof manifest === 'string' ||
  envFile !== undefined ||
  (Array.isArray(replicas) && replicas.some((one) => typeof one === 'object' && one !== null && 'envFile' in one));

const brief = (server: Server): object => ({
  tool_id: server.id,
  name: server.spec.title ?? server.id,
  status: server.health.state,
  tools: server.tools.map((tool) => tool.id),
  mcp_endpoint: mcpEndpoint(server.id),
});
