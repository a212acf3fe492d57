import { Server } from '@modelcontextprotocol/server';
import { argumentSchemas } from './arguments.ts';
import { callTool } from './call-tool.ts';
import { Executor } from './executor.ts';
import { type OptionsInput, optionsSchema } from './options.ts';
import { toolList } from './tools.ts';

export const SERVER_INFO = { name: 'python-executor', title: 'Python executor', version: '0.1.0' };

/**
 * The server as an object, for a host that links it in process (for example with InMemoryTransport). It installs no
 * signal handlers and never ends the process; close() resolves when every child process and folder of it is gone.
 * Throws a ZodError where the options are wrong. In this mode the environment is not read.
 */
export function createServer(options: OptionsInput = {}): Server {
  return new OwningServer(new Executor(optionsSchema.parse(options)));
}

/** A server for one connection that shares the executor with others and does not end it. */
export function connectionServer(executor: Executor): Server {
  return register(new Server(SERVER_INFO, SERVER_OPTIONS), executor);
}

const SERVER_OPTIONS = {
  capabilities: { tools: {} },
  instructions: 'Runs Python code in a sandbox. Use python_execute; give a session_id to keep variables between calls.',
};

class OwningServer extends Server {
  readonly #executor: Executor;

  constructor(executor: Executor) {
    super(SERVER_INFO, SERVER_OPTIONS);
    this.#executor = executor;
    this.onclose = () => void executor.close();
    register(this, executor);
  }

  override async close(): Promise<void> {
    await super.close();
    await this.#executor.close();
  }
}

function register(server: Server, executor: Executor): Server {
  const schemas = argumentSchemas(executor.options);
  let tools: ReturnType<typeof toolList> | undefined;
  server.setRequestHandler('tools/list', async () => {
    tools ??= toolList(executor.options, schemas);
    return { tools };
  });
  server.setRequestHandler('tools/call', async ({ params }, context) =>
    callTool(executor, schemas, params.name, params.arguments, context.mcpReq.signal),
  );
  return server;
}
