import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

/** What must be there beside Node for a server to work. */
export type Need = 'redis' | 'postgres' | 'chromium';

/**
 * Where one run of a server happens. Two runs that are to be compared get a place each: a fresh folder and, where a
 * server keeps its state elsewhere, a fresh database.
 */
export interface Place {
  dir: string;
  /** URL of the database, or path of the browser. */
  services: Partial<Record<Need, string>>;
}

export interface ToolCall {
  tool: string;
  args: Record<string, unknown>;
}

export interface RealServer {
  id: string;
  package: string;
  /** How many tools it lists. */
  tools: number;
  needs: readonly Need[];
  /** Puts into the folder what the calls want to find there. */
  prepare?: (place: Place) => Promise<void>;
  /** File in the package that is run, its arguments, and what is added to the environment. */
  bin: string;
  args?: (place: Place) => string[];
  env?: (place: Place) => Record<string, string>;
  /** In this order, over one connection: later ones may build on earlier ones. */
  calls: (place: Place) => ToolCall[];
  /** What legitimately differs between two runs, and what it is replaced by before they are compared. */
  varies?: readonly (readonly [RegExp, string])[];
}

/** What a call came to, without what belongs to the protocol era or the client. */
export type Outcome =
  | { content: unknown; structuredContent?: unknown; isError: boolean }
  | { error: { code: number; message: string } };

/** The command line of a server, in the words of an `mcp.json`; the working directory is the place's folder. */
export function launch(server: RealServer, place: Place) {
  return {
    command: process.execPath,
    args: [join(import.meta.dirname, 'node_modules', server.package, server.bin), ...(server.args?.(place) ?? [])],
    // A home of its own, so that no server finds settings of the machine, or of an earlier run.
    env: { HOME: join(place.dir, '.home'), ...server.env?.(place) },
    cwd: place.dir,
  };
}

/** Makes the folder ready for one run. */
export async function prepare(server: RealServer, place: Place): Promise<void> {
  await mkdir(join(place.dir, '.home'), { recursive: true });
  await server.prepare?.(place);
}

/** The outcome of a successful call, whichever client or endpoint it came from. */
export function outcomeOf(result: object): Outcome {
  const { content, structuredContent, isError } = result as Record<string, unknown>;
  return { content, isError: isError === true, ...(structuredContent !== undefined && { structuredContent }) };
}

/** The outcome of a call that was answered with a JSON-RPC error. Anything else is thrown on. */
export function outcomeOfError(error: unknown): Outcome {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof code !== 'number' || typeof message !== 'string') throw error;
  // The older SDK puts the code before every message, on either side of the wire.
  return { error: { code, message: message.replace(/^(MCP error -?\d+: )+/, '') } };
}

/** The outcome with all that may differ between two runs in two places replaced by its name. */
export function normalise<T>(server: RealServer, place: Place, outcome: T): T {
  const clean = (text: string) => {
    let result = text.replaceAll(place.dir, '<dir>');
    for (const [pattern, name] of server.varies ?? []) result = result.replace(pattern, name);
    return result;
  };
  const walk = (value: unknown): unknown => {
    if (typeof value === 'string') return clean(value);
    if (Array.isArray(value)) return value.map(walk);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, walk(inner)]));
  };
  return walk(outcome) as T;
}
