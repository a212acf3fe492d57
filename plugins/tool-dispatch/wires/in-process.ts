import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { fault, reason } from '#kernel';
import type { FunctionTool, Launch } from '#plugins/tool-registry/api';
import { FunctionServerTransport, servedFunctions } from './function-server.ts';
import type { Sink, Transport } from './transport.ts';

export type ModuleLaunch = Extract<Launch, { kind: 'module' }>;

/** The side of an SDK server (of either generation) that we need. */
interface SdkServer {
  connect(transport: SdkTransport): Promise<void>;
  close(): Promise<void>;
}
interface SdkTransport {
  start(): Promise<void>;
  send(message: unknown): Promise<void>;
  close(): Promise<void>;
  onmessage?: (message: unknown) => void;
  onclose?: () => void;
  onerror?: (error: Error) => void;
}

export const load = (module: string): Promise<Readonly<Record<string, unknown>>> =>
  import(/^[./]/.test(module) ? pathToFileURL(resolve(module)).href : module);

/** A server in this process: a module whose `createServer(options)` gives an SDK server, or whose `tools` are functions. */
export class InProcessTransport implements Transport {
  readonly #id: string;
  readonly #launch: ModuleLaunch;
  #server: SdkServer | undefined;
  #end: SdkTransport | undefined;
  #functions: FunctionServerTransport | undefined;

  constructor(id: string, launch: ModuleLaunch) {
    this.#id = id;
    this.#launch = launch;
  }

  async open(sink: Sink): Promise<void> {
    const { module, options } = this.#launch;
    const { createServer, tools } = await load(module).catch((error: unknown) => {
      throw fault('LAUNCH_IMPOSSIBLE', `module "${module}" cannot be loaded: ${reason(error)}`, {
        kind: 'unavailable',
        cause: error,
      });
    });
    if (Array.isArray(tools) && createServer === undefined) {
      this.#functions = new FunctionServerTransport(this.#id, () => served);
      const served = servedFunctions(tools as FunctionTool[]);
      return this.#functions.open(sink);
    }
    if (typeof createServer !== 'function')
      throw fault('LAUNCH_IMPOSSIBLE', `module "${module}" exports neither createServer(options) nor tools`, {
        kind: 'unavailable',
      });
    const server = (await createServer(options)) as SdkServer;
    const end: SdkTransport = {
      start: async () => {},
      send: async (message) => sink.message(JSON.stringify(message)),
      close: async () => sink.closed('it closed itself'),
    };
    this.#end = end;
    this.#server = server;
    await this.#server.connect(end);
  }

  send(text: string): void {
    if (this.#functions !== undefined) return this.#functions.send(text);
    // In a turn of its own, as from any other wire: an answer must not come before the request is noted.
    queueMicrotask(() => this.#end?.onmessage?.(JSON.parse(text)));
  }

  async close(): Promise<void> {
    await this.#functions?.close();
    const server = this.#server;
    this.#server = undefined;
    this.#end = undefined;
    await server?.close();
  }
}
