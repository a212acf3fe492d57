import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { HTTP_SERVER } from '#plugins/http/api';
import { TOOL_PLANE, type ToolPlane } from '#plugins/tool-client/api';
import { type ServerSpec, TOOL_REGISTRY, type ToolDefinition, type ToolRegistry } from '#plugins/tool-registry/api';
import { type BootedKernel, bootKernel, type Fake } from '../../support/boot-kernel.ts';

const KEY = 'plane-test-key-0123456789';

export interface PlaneOptions {
  readonly servers?: Readonly<Record<string, object>>;
  /** Options of the client. */
  readonly client?: object;
  readonly fakes?: readonly Fake[];
  readonly plugins?: Readonly<Record<string, object | 'off'>>;
  readonly dir?: string;
  /** The client asks here; default: the server itself. */
  readonly through?: string;
  readonly watch?: boolean;
}

/** A plane, and the registry whose tools it shows. */
export interface BootedPlane {
  readonly plane: ToolPlane;
  readonly registry: ToolRegistry;
  readonly client: BootedKernel;
  readonly server: BootedKernel;
  stop(): Promise<void>;
}

const tools = (dir: string, file: string) => ({
  storage: { dir },
  'tool-registry': {},
  'tool-dispatch': {},
  'call-log': {},
  'mcp-config': { file },
  'plane-fixtures': {},
});
const dirs = [path.join(import.meta.dirname, 'plugins')];

/** Asks a server over HTTP, with a key. */
export async function bootRemote(options: PlaneOptions = {}): Promise<BootedPlane> {
  const { dir, file, remove } = place(options);
  const server = await bootKernel({
    plugins: {
      ...tools(dir, file),
      auth: { keys: [{ name: 'agent', key: KEY, scopes: ['tools:read', 'tools:call', 'tools:write'] }] },
      http: { port: 0 },
      'tool-api': {},
      ...options.plugins,
    },
    fakes: options.fakes ?? [],
    dirs,
  });
  const url = options.through ?? server.get(HTTP_SERVER).address.url;
  const client = await bootClient(url, options.client, options.watch);
  return {
    plane: client.get(TOOL_PLANE),
    registry: server.get(TOOL_REGISTRY),
    client,
    server,
    stop: async () => {
      await client.stop();
      await server.stop();
      remove();
    },
  };
}

export const bootClient = (url: string, client: object = {}, watch = false): Promise<BootedKernel> =>
  bootKernel({
    mode: 'worker',
    watch,
    limits: { drainMs: 200 },
    plugins: { 'tool-client': { url, apiKey: KEY, ...client } },
  });

/** Has the registry in the same process. */
export async function bootLocal(options: PlaneOptions = {}): Promise<BootedPlane> {
  const { dir, file, remove } = place(options);
  const kernel = await bootKernel({
    plugins: { ...tools(dir, file), 'tool-client': options.client ?? {}, ...options.plugins },
    fakes: options.fakes ?? [],
    dirs,
    watch: options.watch ?? false,
  });
  return {
    plane: kernel.get(TOOL_PLANE),
    registry: kernel.get(TOOL_REGISTRY),
    client: kernel,
    server: kernel,
    stop: async () => {
      await kernel.stop();
      remove();
    },
  };
}

function place({ dir: given, servers = {} }: PlaneOptions) {
  const dir = given ?? mkdtempSync(path.join(tmpdir(), 'tool-client-'));
  const file = path.join(dir, 'mcp.json');
  writeFileSync(file, JSON.stringify({ mcpServers: servers }));
  return { dir, file, remove: () => given ?? rmSync(dir, { recursive: true, force: true }) };
}

export const definition = (name: string, more: Partial<ToolDefinition> = {}): ToolDefinition => ({
  name,
  description: `does ${name}`,
  inputSchema: { type: 'object' },
  ...more,
});

/** A server that is known by its manifest and never connected. */
export const listedServer = (id: string, manifest: readonly ToolDefinition[]): ServerSpec => ({
  id,
  launches: [{ kind: 'http', url: 'http://127.0.0.1:9/', headers: {} }],
  start: 'lazy',
  connection: 'shared',
  pool: { warm: 0, max: 1 },
  protocol: 'legacy',
  timeouts: { connectMs: 1_000, callMs: 5_000, idleMs: 0 },
  manifest,
  owner: 'test',
});
