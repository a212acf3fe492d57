import type { Log } from '#kernel';
import type { Server, ToolDefinition } from '#plugins/tool-registry/api';
import type { Connection } from './connection.ts';
import { headerProblem } from './param-headers.ts';

const MOST_PAGES = 200;
const MOST_TOOLS = 20_000;

export interface Listing {
  readonly tools: readonly ToolDefinition[];
  readonly info: Server['info'];
  /** Why the server's further tools are left out, if they are. */
  readonly cut: string | undefined;
}

/** What is asked of a server for its list. */
export interface ListSource {
  readonly connection: Connection;
  readonly timeoutMs: number;
  readonly overHttp: boolean;
  /** Of the whole list, over all pages. */
  readonly maxBytes: number;
}

/** All tools of a server, page by page; of a list that is too long, the first ones. */
export async function listTools(source: ListSource, log: Log): Promise<Listing> {
  const { connection, timeoutMs, overHttp, maxBytes } = source;
  const { hello, era } = connection;
  const tools: ToolDefinition[] = [];
  let bytes = 0;
  let cut: string | undefined;
  let cursor: string | undefined;
  if (hello.capabilities.tools !== undefined) {
    for (let page = 0; page < MOST_PAGES; page++) {
      const params = cursor === undefined ? {} : { cursor };
      const { text, result } = await connection.ask('tools/list', params, { timeoutMs });
      const { tools: some, nextCursor } = result as { readonly tools?: unknown; readonly nextCursor?: unknown };
      const pageBytes = Buffer.byteLength(text);
      const room = bytes + pageBytes > maxBytes ? maxBytes - bytes : undefined;
      bytes += pageBytes;
      cut = add(tools, Array.isArray(some) ? some : [], room);
      if (room !== undefined) cut = `the list has more than ${maxBytes} bytes`;
      if (cut !== undefined || typeof nextCursor !== 'string' || nextCursor === '' || nextCursor === cursor) break;
      cursor = nextCursor;
      if (page === MOST_PAGES - 1) cut = `the list has more than ${MOST_PAGES} pages`;
    }
  }
  const usable = era === 'modern' && overHttp ? tools.filter((tool) => callable(tool, log)) : tools;
  const { name, version } = hello.serverInfo ?? {};
  return {
    tools: usable,
    cut,
    info: {
      ...(typeof name === 'string' && { name }),
      ...(typeof version === 'string' && { version }),
      ...(typeof hello.instructions === 'string' && { instructions: hello.instructions }),
    },
  };
}

/** Adds what fits; `room` in bytes is given where not all of the page does. Says why it stopped before the end. */
function add(tools: ToolDefinition[], page: readonly unknown[], room: number | undefined): string | undefined {
  let left = room ?? Number.POSITIVE_INFINITY;
  for (const tool of page) {
    if (!isDefinition(tool)) continue;
    if (tools.length === MOST_TOOLS) return `the list has more than ${MOST_TOOLS} tools`;
    if (room !== undefined) left -= Buffer.byteLength(JSON.stringify(tool));
    if (left < 0) return undefined;
    tools.push(tool);
  }
  return undefined;
}

const isDefinition = (tool: unknown): tool is ToolDefinition =>
  typeof tool === 'object' && tool !== null && typeof (tool as { name?: unknown }).name === 'string';

/** The protocol wants tools left out whose arguments cannot be put into the headers that they ask for. */
function callable({ name, inputSchema }: ToolDefinition, log: Log): boolean {
  const problem = typeof inputSchema === 'object' && inputSchema !== null ? headerProblem(inputSchema) : undefined;
  if (problem !== undefined) log.warn('left out a tool', { tool: name, reason: problem });
  return problem === undefined;
}

const PAUSE_MS = 1000;
const MOST_PAUSE_MS = 60_000;

/** Modern servers tell of changed lists only to those who listen: one long request, opened again when it ends. */
export async function listen(connection: Connection): Promise<void> {
  const { capabilities } = connection.hello;
  const changes = (of: string): boolean =>
    (capabilities[of] as { listChanged?: boolean } | undefined)?.listChanged === true;
  const notifications = {
    ...(changes('tools') && { toolsListChanged: true }),
    ...(changes('prompts') && { promptsListChanged: true }),
    ...(changes('resources') && { resourcesListChanged: true }),
  };
  if (Object.keys(notifications).length === 0) return;
  for (let failures = 0; !connection.isClosed; ) {
    const began = Date.now();
    try {
      await connection.ask('subscriptions/listen', { notifications }, { timeoutMs: 0, background: true });
    } catch (error) {
      if ((error as { name?: string }).name === 'RpcError') return;
    }
    failures = Date.now() - began > MOST_PAUSE_MS ? 0 : failures + 1;
    await new Promise((done) => setTimeout(done, Math.min(PAUSE_MS * 2 ** (failures - 1), MOST_PAUSE_MS)).unref());
  }
}
