import type { z } from 'zod';
import { type Token, token } from '#kernel';

/** JSON Schema 2020-12 (or older), as tools bring it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** A tool as its server defines it (MCP `Tool`); unknown keys are kept and passed on. */
export interface ToolDefinition {
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly inputSchema: JsonSchema;
  readonly outputSchema?: JsonSchema;
  readonly annotations?: ToolAnnotations;
  readonly [key: string]: unknown;
}
export interface ToolAnnotations {
  readonly title?: string;
  readonly readOnlyHint?: boolean;
  readonly destructiveHint?: boolean;
  readonly idempotentHint?: boolean;
  readonly openWorldHint?: boolean;
}

/** MCP `CallToolResult`. */
export interface ToolResult {
  readonly content: readonly ToolContent[];
  readonly structuredContent?: unknown;
  readonly isError?: boolean;
  readonly [key: string]: unknown;
}
export type ToolContent = { readonly type: string; readonly [key: string]: unknown };

/** How to reach a server. Values are final: variables are expanded. */
export type Launch =
  | {
      readonly kind: 'stdio';
      readonly command: string;
      readonly args: readonly string[];
      readonly env: Readonly<Record<string, string>>;
      readonly cwd?: string;
    }
  | { readonly kind: 'http' | 'sse' | 'ws'; readonly url: string; readonly headers: Readonly<Record<string, string>> }
  | { readonly kind: 'unix'; readonly path: string }
  /** In this process: a module that exports `createServer(options)` (an SDK server) or `tools` (function tools). */
  | { readonly kind: 'module'; readonly module: string; readonly options: Readonly<Record<string, unknown>> }
  /** Function tools that a plugin provides; the registry holds the functions. */
  | { readonly kind: 'functions'; readonly provider: string }
  /** The server connected to us and registered itself; the connection ends with its socket. */
  | { readonly kind: 'attached'; readonly connection: string };

export interface ServerSpec {
  /** Canonical: lower case, digits and dashes; other spellings are found through aliases. */
  readonly id: string;
  readonly title?: string;
  readonly description?: string;
  readonly aliases?: readonly string[];
  readonly toolkit?: string;
  readonly capabilities?: readonly string[];
  /** One launch per replica, at least one. */
  readonly launches: readonly Launch[];
  /** eager: connected at start. lazy: at the first call; its tools are listed from the manifest. */
  readonly start: 'eager' | 'lazy';
  /** One connection for all, or one a session, or one a user. */
  readonly connection: 'shared' | 'session' | 'user';
  readonly pool: { readonly warm: number; readonly max: number };
  /** auto asks the server which era it speaks (legacy first over stdio); the verdict is kept. */
  readonly protocol: 'auto' | 'legacy' | 'modern';
  readonly timeouts: Timeouts;
  /** The tool that `execute/{server}` runs where no action is given. Default: the only tool, if there is one. */
  readonly mainTool?: string;
  /** Tools known before the first connection, from a file that the server ships. */
  readonly manifest?: readonly ToolDefinition[];
  /** Who brought it: `mcp.json`, `rest`, `socket`, or a plugin's id. Only the same owner may replace it. */
  readonly owner: string;
  /** Whose it is among those of owner `rest`: `Principal.id` of auth. The registry keeps it; tool-api minds it. */
  readonly registeredBy?: string;
}

export interface Timeouts {
  readonly connectMs: number;
  readonly callMs: number;
  /** A lazy, session or user connection without calls is closed after this; 0 keeps it. */
  readonly idleMs: number;
}

export type ServerState = 'known' | 'starting' | 'ready' | 'failed' | 'stopped';
export interface ServerHealth {
  readonly state: ServerState;
  /** Why it failed: the connection's error and the last lines of the server's stderr, secrets masked. */
  readonly error?: string;
  readonly since: number;
  /** Eager servers only: has it answered, or been given up? */
  readonly settled: boolean;
}

export interface Server {
  readonly spec: ServerSpec;
  readonly id: string;
  readonly health: ServerHealth;
  /** From the handshake or the manifest. */
  readonly info: { readonly name?: string; readonly version?: string; readonly instructions?: string };
  readonly tools: readonly Tool[];
}

/** One callable tool. Objects are immutable; a changed tool is a new object. */
export interface Tool {
  /** `server/tool`. */
  readonly id: string;
  readonly server: string;
  /** The name that the server itself uses. */
  readonly name: string;
  /** The name on the aggregated MCP endpoint: `server__tool`, at most 64 characters of A-Z a-z 0-9 _ -. */
  readonly mcpName: string;
  /** Exactly as the server sent it. */
  readonly definition: ToolDefinition;
  readonly toolkit: string | undefined;
  readonly capabilities: readonly string[];
  readonly examples: readonly ToolExample[];
  /**
   * Shown instead of the definition's own: a better one from the registry's configuration, and, at its end, `learnt.notes`.
   */
  readonly description?: string;
  readonly learnt?: Learnt;
  /** Set when `inputSchema` cannot be compiled: the tool is listed, calls pass unvalidated, and this says why. */
  readonly schemaProblem?: string;
}
export interface ToolExample {
  readonly description?: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** What was learnt from the uses of a tool. The registry cleans it, and cuts it to its limits. */
export interface Learnt {
  /** At most 1,000 characters: when it works, and what to mind. */
  readonly notes?: string;
  /** Counts more than the toolkit that its server names, less than that of the configuration. */
  readonly toolkit?: string;
  /** Kinds of tasks that it does well, best first; at most five. */
  readonly scenarios?: readonly string[];
}

/** The registry at one moment. `version` grows with every change that a caller can see. */
export interface Snapshot {
  readonly version: number;
  readonly servers: ReadonlyMap<string, Server>;
  /** By id, in the order of server id, then the server's own order. */
  readonly tools: ReadonlyMap<string, Tool>;
  readonly byMcpName: ReadonlyMap<string, Tool>;
  readonly toolkits: ReadonlyMap<string, readonly string[]>;
}

export type RegistryChange = {
  readonly type: 'tool_installed' | 'tool_updated' | 'tool_uninstalled' | 'server_health';
  readonly server: string;
  readonly tools: readonly string[];
  readonly version: number;
  readonly at: number;
};

export interface ToolRegistry {
  readonly snapshot: Snapshot;
  /**
   * Adds a server, or replaces one of the same owner (SERVER_TAKEN otherwise). Tools known from the manifest, the
   * cache or the functions are listed at once. A replacement that is equal changes nothing. The undo removes it, unless
   * it was replaced since. A name that is another spelling of another owner's server is SERVER_TAKEN too.
   * SERVER_ID_INVALID: the id has no letter or digit, or is longer than 64. With owner `rest` it is kept for the next
   * start (until `unregister`); `await saved()` before telling anybody that it is.
   */
  register(spec: ServerSpec): () => void;
  /** Removes a server and its tools; nothing happens where there is none of this id. */
  unregister(id: string): void;
  /** Resolves when every change made so far is on disk. Fault REGISTRY_NOT_SAVED (`unavailable`) where that failed. */
  saved(): Promise<void>;
  /** What the handshake told. Kept for the next start, keyed by the launch. */
  setTools(id: string, tools: readonly ToolDefinition[], info: Server['info']): void;
  setHealth(id: string, health: Omit<ServerHealth, 'since'>): void;
  /**
   * Any spelling of a server's name, or one of its aliases. Faults: SERVER_UNKNOWN (`not_found`) names the nearest,
   * SERVER_AMBIGUOUS (`conflict`) those that share this spelling.
   */
  server(name: string): Server;
  /**
   * `server/tool`, an MCP name, a server plus `action`, a server with a main tool, or a tool name that only one server has.
   * Faults: TOOL_UNKNOWN (`not_found`, with the nearest names), TOOL_AMBIGUOUS (`conflict`, with the candidates),
   * SERVER_UNAVAILABLE (`unavailable`: its server failed before it told its tools).
   */
  resolve(name: string, action?: string): Tool;
  /** Checks arguments against the tool's schema. Fault ARGUMENTS_INVALID lists each problem and what fits. */
  validate(tool: Tool, parameters: unknown): void;
  /** The function behind a function tool, or undefined. */
  functionOf(tool: Tool): FunctionTool | undefined;
  describe(format: DescriptionFormat): string;
  /** Counts a finished call; the dispatcher reports every one. Costs less than a microsecond, never throws. */
  observe(call: ObservedCall): void;
  /** By tool id; undefined for a tool that was never called. Kept over restarts, also while the tool is gone. */
  statistics(toolId: string): ToolStatistics | undefined;
  /** In order, after the snapshot switched. */
  onChange(listener: (change: RegistryChange) => void): () => void;
}

/** The part of a dispatcher's `CallRecord` that statistics need. */
export interface ObservedCall {
  /** Tool id. */
  readonly tool: string;
  readonly durationMs: number;
  readonly outcome: 'ok' | 'tool_error' | 'error' | 'timeout' | 'cancelled';
  readonly resultBytes: number;
}

/** Sums over all calls ever; means are sums by `calls`. */
export interface ToolStatistics {
  readonly calls: number;
  readonly ok: number;
  /** The tool answered, with `isError`. */
  readonly toolErrors: number;
  readonly errors: number;
  readonly timeouts: number;
  readonly cancelled: number;
  readonly durationMsSum: number;
  readonly durationMsMax: number;
  readonly resultBytesSum: number;
  /** ms since 1970. */
  readonly lastCallAt: number;
}

/** llm: text for a prompt. json: the seeds' records. openai, anthropic: their tool arrays. All but llm are JSON texts, cached by version. */
export type DescriptionFormat = 'llm' | 'json' | 'openai' | 'anthropic';

/** A tool that is a function in this process. A plugin provides groups of them with `many(FUNCTION_TOOLS, 'group')`. */
export interface FunctionTool {
  readonly name: string;
  readonly title?: string;
  readonly description: string;
  /** A zod object (its defaults are filled in before `run`), or JSON Schema. */
  readonly parameters: z.ZodObject | JsonSchema;
  readonly annotations?: ToolAnnotations;
  readonly capabilities?: readonly string[];
  readonly examples?: readonly ToolExample[];
  /**
   * A string becomes text content, a ToolResult (it has `content`) passes as it is, anything else becomes structured
   * content with its JSON as text. A throw becomes a result with `isError`.
   */
  run(parameters: Readonly<Record<string, unknown>>, context: FunctionContext): unknown;
}
export interface FunctionContext {
  readonly signal: AbortSignal;
  progress(done: number, total?: number, message?: string): void;
}
/** The group's name becomes the server id. */
export interface FunctionTools {
  readonly title?: string;
  readonly description?: string;
  readonly toolkit?: string;
  readonly tools: readonly FunctionTool[];
}
export const FUNCTION_TOOLS: Token<FunctionTools> = token<FunctionTools>('tool.functions');

export const TOOL_REGISTRY: Token<ToolRegistry> = token<ToolRegistry>('tool.registry');

/** The registry for those who learn from how its tools did. */
export interface ToolLearning {
  /**
   * Shows what was learnt with a tool from now on, in the place of what was before; told as `tool_updated`. Where the tool is
   * not there (yet), it gets it when it comes. Not kept over restarts. The undo takes it back, unless it was replaced since.
   */
  learn(toolId: string, learnt: Learnt): () => void;
  /**
   * Statistics over all processes on this database, by tool id: of these tools, or of all that were ever called. Calls of this
   * process are all in it, those of others are up to `statisticsMs` behind. Fails where the database does.
   */
  totals(toolIds?: readonly string[]): Promise<ReadonlyMap<string, ToolStatistics>>;
}
export const TOOL_LEARNING: Token<ToolLearning> = token<ToolLearning>('tool.learning');
