import { text as readAll } from 'node:stream/consumers';
import { type Fault, isFault, type Log, type Main, reason } from '#kernel';
import type { ToolDispatcher } from '#plugins/tool-dispatch/api';
import type { Tool, ToolContent, ToolRegistry } from '#plugins/tool-registry/api';
import { callArguments } from './arguments.ts';
import { type Command, type ListFormat, parseCommand, USAGE } from './command-line.ts';
import type { ToolCliConfig } from './config.ts';

export interface Output {
  out(text: string): unknown;
  err(text: string): unknown;
}

const EXIT = { ok: 0, failed: 1, usage: 2, unknown: 3, unreachable: 4, cancelled: 130 } as const;

/** `list`, `describe` and `call`: results on standard output, everything else on standard error. */
export class ToolCommand implements Main {
  readonly #registry: ToolRegistry;
  readonly #dispatcher: ToolDispatcher;
  readonly #config: ToolCliConfig;
  readonly #log: Log;
  readonly #to: Output;

  constructor(registry: ToolRegistry, dispatcher: ToolDispatcher, config: ToolCliConfig, log: Log, to: Output) {
    this.#registry = registry;
    this.#dispatcher = dispatcher;
    this.#config = config;
    this.#log = log;
    this.#to = to;
  }

  async run(argv: readonly string[], signal: AbortSignal): Promise<number> {
    try {
      return await this.#run(parseCommand(argv), signal);
    } catch (error) {
      return this.#refuse(error);
    }
  }

  async #run(command: Command, signal: AbortSignal): Promise<number> {
    switch (command.name) {
      case 'help':
        this.#to.out(USAGE);
        return EXIT.ok;
      case 'list':
        await this.#settled(() => false, signal);
        this.#to.out(this.#list(command.format));
        return EXIT.ok;
      case 'describe':
        this.#to.out(describe(await this.#resolve(command.tool, undefined, signal), this.#registry));
        return EXIT.ok;
      case 'call':
        return this.#call(command, signal);
    }
  }

  async #call(command: Extract<Command, { name: 'call' }>, signal: AbortSignal): Promise<number> {
    const tool = await this.#resolve(command.tool, command.action, signal);
    const json = command.json === '-' ? await readAll(process.stdin) : command.json;
    const parameters = callArguments(tool, json, command.pairs);
    const { timeoutMs } = this.#config;
    const { text, result } = await this.#dispatcher.call(tool, parameters, {
      signal,
      caller: { principal: 'command line' },
      ...(timeoutMs > 0 && { timeoutMs }),
    });
    const failed = result.isError === true;
    if (command.raw) this.#to.out(`${text}\n`);
    else (failed ? this.#to.err : this.#to.out)(result.content.map(show).join(''));
    return failed ? EXIT.failed : EXIT.ok;
  }

  /** What is there at once is not waited for; what is not may come with a server that still starts. */
  async #resolve(name: string, action: string | undefined, signal: AbortSignal): Promise<Tool> {
    const find = (): Tool | undefined => {
      try {
        return this.#registry.resolve(name, action);
      } catch {
        return undefined;
      }
    };
    await this.#settled(() => find() !== undefined, signal);
    return this.#registry.resolve(name, action);
  }

  /** Every eager server answered or was given up, or `enough` is true, or the time is up. */
  async #settled(enough: () => boolean, signal: AbortSignal): Promise<void> {
    const done = (): boolean => {
      const servers = [...this.#registry.snapshot.servers.values()];
      return enough() || servers.every((server) => server.spec.start !== 'eager' || server.health.settled);
    };
    if (done()) return;
    await new Promise<void>((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        undo();
        signal.removeEventListener('abort', finish);
        resolve();
      };
      const timer = setTimeout(finish, this.#config.settleMs);
      const undo = this.#registry.onChange(() => done() && finish());
      signal.addEventListener('abort', finish);
    });
  }

  #list(format: ListFormat): string {
    if (format !== 'text') {
      const text = this.#registry.describe(format);
      return text.endsWith('\n') ? text : `${text}\n`;
    }
    const { servers, tools } = this.#registry.snapshot;
    for (const { id, health } of servers.values())
      if (health.state === 'failed') this.#to.err(`${id}: not reachable: ${health.error ?? 'unknown'}\n`);
    const width = Math.max(0, ...[...tools.keys()].map((id) => id.length));
    const lines = [...tools.values()].map((tool) => `${tool.id.padEnd(Math.min(width, 60))}  ${firstLine(tool)}\n`);
    return lines.join('');
  }

  #refuse(error: unknown): number {
    if (!isFault(error)) {
      this.#log.error('The command failed.', { reason: reason(error) });
      this.#to.err(`${reason(error)}\n`);
      return EXIT.failed;
    }
    this.#to.err(`${error.code}: ${error.message}\n`);
    if (error.alternatives.length > 0) this.#to.err(`there is: ${error.alternatives.join(', ')}\n`);
    if (error.hint !== undefined) this.#to.err(`hint: ${error.hint}\n`);
    return exitCode(error);
  }
}

function exitCode({ kind, code }: Fault): number {
  if (code === 'CLI_USAGE' || kind === 'invalid') return EXIT.usage;
  if (kind === 'not_found' || code === 'TOOL_AMBIGUOUS' || code === 'SERVER_AMBIGUOUS') return EXIT.unknown;
  if (kind === 'unavailable' || kind === 'timeout') return EXIT.unreachable;
  return kind === 'cancelled' ? EXIT.cancelled : EXIT.failed;
}

const firstLine = (tool: Tool): string => {
  const text = tool.description ?? tool.definition.description ?? '';
  const [line = ''] = text.trim().split('\n');
  return line.length > 100 ? `${line.slice(0, 97)}...` : line;
};

function describe(tool: Tool, registry: ToolRegistry): string {
  const { id, server, mcpName, toolkit, capabilities, examples, definition, schemaProblem } = tool;
  const statistics = registry.statistics(id);
  return `${JSON.stringify({ id, server, mcpName, toolkit, capabilities, examples, schemaProblem, ...definition, statistics }, null, 2)}\n`;
}

function show(content: ToolContent): string {
  if (content.type === 'text') return `${String(content.text).replace(/\n$/, '')}\n`;
  return `${JSON.stringify(content)}\n`;
}
