import { z } from 'zod';
import { isFault } from '#kernel';
import type { FunctionTool, ToolDefinition } from '#plugins/tool-registry/api';
import { runFunction } from '../functions.ts';
import { LEGACY_VERSIONS } from '../protocol.ts';
import type { Sink, Transport } from './transport.ts';

export interface ServedFunction {
  readonly definition: ToolDefinition;
  readonly run: FunctionTool;
}

interface Message {
  readonly id?: number;
  readonly method: string;
  readonly params?: {
    readonly name?: string;
    readonly arguments?: Readonly<Record<string, unknown>>;
    readonly requestId?: number;
    readonly _meta?: Readonly<Record<string, unknown>>;
  };
}

/** Functions as a server of their own, for those who want a conversation with it instead of a call. */
export class FunctionServerTransport implements Transport {
  readonly #server: string;
  readonly #tools: () => readonly ServedFunction[];
  readonly #running = new Map<number, AbortController>();
  #sink: Sink | undefined;

  constructor(server: string, tools: () => readonly ServedFunction[]) {
    this.#server = server;
    this.#tools = tools;
  }

  async open(sink: Sink): Promise<void> {
    this.#sink = sink;
  }

  send(text: string): void {
    const message = JSON.parse(text) as Message;
    const { id, params } = message;
    if (id === undefined) {
      if (message.method === 'notifications/cancelled') this.#running.get(params?.requestId ?? -1)?.abort();
      return;
    }
    this.#answer(id, message).then(
      (tail) => this.#sink?.message(`{"jsonrpc":"2.0","id":${id},${tail}}`),
      (error: Error) => {
        const code = isFault(error) && error.kind === 'not_found' ? -32602 : -32603;
        this.#sink?.message(JSON.stringify({ jsonrpc: '2.0', id, error: { code, message: error.message } }));
      },
    );
  }

  async close(): Promise<void> {
    for (const abort of this.#running.values()) abort.abort();
    this.#running.clear();
  }

  async #answer(id: number, { method, params }: Message): Promise<string> {
    switch (method) {
      case 'initialize': {
        const serverInfo = { name: this.#server, version: '1' };
        const capabilities = { tools: { listChanged: true } };
        return `"result":${JSON.stringify({ protocolVersion: LEGACY_VERSIONS[0], capabilities, serverInfo })}`;
      }
      case 'ping':
        return '"result":{}';
      case 'tools/list':
        return `"result":${JSON.stringify({ tools: this.#tools().map(({ definition }) => definition) })}`;
      case 'tools/call':
        return `"result":${await this.#call(id, params ?? {})}`;
      default:
        return '"error":{"code":-32601,"message":"Method not found"}';
    }
  }

  async #call(id: number, params: NonNullable<Message['params']>): Promise<string> {
    const name = String(params.name);
    const found = this.#tools().find(({ definition }) => definition.name === name);
    if (found === undefined)
      return JSON.stringify({ content: [{ type: 'text', text: `Unknown tool: ${name}` }], isError: true });
    const abort = new AbortController();
    this.#running.set(id, abort);
    const notify = (notification: object): void =>
      this.#sink?.message(JSON.stringify({ jsonrpc: '2.0', ...notification }));
    try {
      const { text } = await runFunction(
        { server: this.#server, name },
        found.run,
        params.arguments ?? {},
        {
          signal: abort.signal,
          ...(params._meta && { meta: params._meta }),
          caller: { principal: '', peer: { notify } },
        },
        0,
      );
      return text;
    } finally {
      this.#running.delete(id);
    }
  }
}

/** Function tools of a module, with their schemas as JSON Schema and arguments parsed where the schema is zod's. */
export const servedFunctions = (tools: readonly FunctionTool[]): readonly ServedFunction[] =>
  tools.map((tool) => {
    const { name, title, description, parameters, annotations } = tool;
    const schema = '_zod' in parameters ? (parameters as z.ZodObject) : undefined;
    const inputSchema =
      schema === undefined ? parameters : z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
    const definition = {
      name,
      ...(title !== undefined && { title }),
      description,
      inputSchema,
      ...(annotations && { annotations }),
    };
    const run: FunctionTool =
      schema === undefined ? tool : { ...tool, run: (given, context) => tool.run(schema.parse(given), context) };
    return { definition: definition as ToolDefinition, run };
  });
