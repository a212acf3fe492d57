import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type ClientWire, MCP_ENDPOINT, type McpEndpoint } from '#plugins/mcp-endpoint/api';
import { type ServerSpec, TOOL_REGISTRY, type ToolRegistry } from '#plugins/tool-registry/api';
import { bootKernel } from '../../support/boot-kernel.ts';

const FIXTURES = resolve(import.meta.dirname, '../../fixtures');

export const stdioServer = (id: string, script: string, more: Partial<ServerSpec> = {}): ServerSpec => ({
  id,
  launches: [{ kind: 'stdio', command: process.execPath, args: [join(FIXTURES, script)], env: {} }],
  start: 'eager',
  connection: 'shared',
  pool: { warm: 0, max: 4 },
  protocol: 'auto',
  timeouts: { connectMs: 10_000, callMs: 10_000, idleMs: 0 },
  owner: 'test',
  ...more,
});

export const ECHO = stdioServer('echo', 'servers/echo.ts');
export const DUAL = stdioServer('dual', 'conformance-server/main.ts');

/** The endpoint on real parts, with the given servers up. */
export async function bootEndpoint(
  specs: readonly ServerSpec[],
  options: object = {},
  more: object = {},
  boot: { readonly watch?: boolean } = {},
) {
  const dir = mkdtempSync(join(tmpdir(), 'mcp-endpoint-'));
  const kernel = await bootKernel({
    ...boot,
    plugins: {
      storage: { dir },
      'tool-registry': {},
      'tool-dispatch': {},
      'tool-search': {},
      'mcp-endpoint': options,
      ...more,
    },
  });
  const registry: ToolRegistry = kernel.get(TOOL_REGISTRY);
  for (const spec of specs) registry.register(spec);
  for (const { id } of specs) await until(() => registry.server(id).tools.length > 0);
  return {
    kernel,
    registry,
    endpoint: kernel.get(MCP_ENDPOINT),
    async close() {
      await kernel.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

export async function until(condition: () => boolean, ms = 10_000): Promise<void> {
  const end = Date.now() + ms;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`not in ${ms} ms: ${condition}`);
    await new Promise((wake) => setTimeout(wake, 10));
  }
}

export interface Message {
  readonly id?: number | string | null;
  readonly method?: string;
  // biome-ignore lint/suspicious/noExplicitAny: what arrives is what the tests look at
  readonly params?: any;
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly result?: any;
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly error?: any;
}

/** A client on the endpoint's own wire that keeps everything it hears. */
export class TestClient {
  readonly heard: Message[] = [];
  readonly #wire: ClientWire;
  #nextId = 1;
  /** Answers questions of servers; without it they stay open. */
  answer: ((question: Message) => object) | undefined;

  constructor(endpoint: McpEndpoint, mount: string) {
    this.#wire = endpoint.connect(mount, (text) => this.#hear(JSON.parse(text)));
  }

  #hear(message: Message): void {
    this.heard.push(message);
    if (message.method !== undefined && message.id !== undefined && this.answer !== undefined)
      this.send({ id: message.id, ...this.answer(message) });
  }

  send(message: object): void {
    this.#wire.receive(JSON.stringify({ jsonrpc: '2.0', ...message }));
  }

  sendText(text: string): void {
    this.#wire.receive(text);
  }

  async ask(method: string, params: object = {}, id: number | string = this.#nextId++): Promise<Message> {
    this.send({ id, method, params });
    await until(() => this.heard.some((message) => message.id === id && message.method === undefined));
    return this.heard.find((message) => message.id === id && message.method === undefined)!;
  }

  async initialize(capabilities: object = {}, protocolVersion = '2025-11-25'): Promise<Message> {
    const answer = await this.ask('initialize', {
      protocolVersion,
      capabilities,
      clientInfo: { name: 't', version: '0' },
    });
    this.send({ method: 'notifications/initialized' });
    return answer;
  }

  /** A request of the modern era, with its envelope. */
  modern(method: string, params: object = {}, capabilities: object = {}, id?: number | string): Promise<Message> {
    const _meta = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities': capabilities,
    };
    return this.ask(method, { ...params, _meta: { ...(params as { _meta?: object })._meta, ..._meta } }, id);
  }

  close(): void {
    this.#wire.close();
  }
}
