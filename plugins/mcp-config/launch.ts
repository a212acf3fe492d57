import path from 'node:path';
import { parseEnv } from 'node:util';
import { reason } from '#kernel';
import type { Launch } from '#plugins/tool-registry/api';
import type { EntryProblem } from './api.ts';
import { type LaunchEntry, type ServerEntry, URL_KEYS } from './entry-schema.ts';
import { readLocalFile } from './local-file.ts';

type Kind = Launch['kind'];
type Say = (path: readonly (string | number)[], problem: string, hint?: string) => undefined;

const KINDS: Readonly<Record<string, Kind>> = {
  stdio: 'stdio',
  http: 'http',
  'streamable-http': 'http',
  streamableHttp: 'http',
  sse: 'sse',
  ws: 'ws',
  websocket: 'ws',
  unix: 'unix',
};
const ENV_FILE_MOST_BYTES = 1_048_576;
const WAYS = '"command", "url" or "module"';

/** How to reach the server, once for each replica. */
export function launches(entry: ServerEntry, workspace: string, problems: EntryProblem[]): Launch[] {
  const base = withUrl(entry);
  const { replicas = 1 } = entry;
  const partial: readonly LaunchEntry[] = typeof replicas === 'number' ? Array(replicas).fill({}) : replicas;
  return partial.flatMap((over, index) => {
    const at = typeof replicas === 'number' ? [] : ['replicas', index];
    const say: Say = (where, problem, hint) => {
      const from = where[0] !== undefined && String(where[0]) in over ? at : [];
      problems.push({ path: [...from, ...where], code: 'SERVER_ENTRY_INVALID', problem, ...(hint && { hint }) });
      return undefined;
    };
    const made = launch({ ...base, ...laidOver(base, over) }, entry.type ?? entry.transport, workspace, say);
    return made ? [made] : [];
  });
}

/** Environment and headers add up; everything else replaces. */
const laidOver = (base: LaunchEntry, over: LaunchEntry): LaunchEntry => ({
  ...over,
  ...((base.env || over.env) && { env: { ...base.env, ...over.env } }),
  ...((base.headers || over.headers) && { headers: { ...base.headers, ...over.headers } }),
});

function withUrl(entry: ServerEntry): ServerEntry {
  const url = URL_KEYS.map((key) => entry[key]).find((value) => typeof value === 'string');
  return url === undefined ? entry : { ...entry, url };
}

function launch(entry: LaunchEntry, type: string | undefined, workspace: string, say: Say): Launch | undefined {
  const ways = (['command', 'url', 'module'] as const).filter((key) => entry[key] !== undefined);
  if (ways.length === 0) return say([], `it says not how to reach the server: ${WAYS} is missing`);
  if (ways.length > 1) return say([ways[1]!], `"${ways.join('" and "')}" exclude each other`, `keep one of ${WAYS}`);
  const kind = type === undefined ? undefined : KINDS[type];
  if (entry.command !== undefined) {
    if (kind !== undefined && kind !== 'stdio')
      return say(['type'], `"command" starts a stdio server, "${type}" needs a "url"`);
    return stdio(entry, entry.command, workspace, say);
  }
  if (entry.module !== undefined) {
    if (kind !== undefined) return say(['type'], '"module" runs in this process and has no transport');
    return { kind: 'module', module: moduleName(entry.module, workspace), options: entry.options ?? {} };
  }
  if (kind === 'stdio') return say(['type'], '"stdio" needs a "command"');
  return address(entry.url!, kind, entry.headers ?? {}, say);
}

function stdio(entry: LaunchEntry, command: string, workspace: string, say: Say): Launch | undefined {
  let fromFile: Record<string, string | undefined> = {};
  if (entry.envFile !== undefined) {
    try {
      fromFile = parseEnv(readLocalFile(path.resolve(workspace, entry.envFile), ENV_FILE_MOST_BYTES));
    } catch (error) {
      return say(['envFile'], `it cannot be read: ${reason(error)}`);
    }
  }
  return {
    kind: 'stdio',
    command,
    args: entry.args ?? [],
    env: { ...(fromFile as Record<string, string>), ...entry.env },
    ...(entry.cwd !== undefined && { cwd: path.resolve(workspace, entry.cwd) }),
  };
}

function address(
  url: string,
  kind: Kind | undefined,
  headers: Readonly<Record<string, string>>,
  say: Say,
): Launch | undefined {
  if (url.startsWith('unix:') || kind === 'unix') return { kind: 'unix', path: url.replace(/^unix:(\/\/)?/, '') };
  const parsed = URL.parse(url);
  if (!parsed) return say(['url'], 'it is not a URL', 'write http://host:port/path, ws://host:port/path or unix:/path');
  const socket = parsed.protocol === 'ws:' || parsed.protocol === 'wss:';
  if (!socket && parsed.protocol !== 'http:' && parsed.protocol !== 'https:')
    return say(['url'], `"${parsed.protocol}" is not spoken here`, 'write http(s)://, ws(s):// or unix:/path');
  if (kind !== undefined && socket !== (kind === 'ws'))
    return say(['type'], `"${kind}" does not go with "${parsed.protocol}"`);
  // The old transport has its own address, and by custom it ends like this.
  const guessed: Kind = socket ? 'ws' : parsed.pathname.endsWith('/sse') ? 'sse' : 'http';
  return { kind: (kind ?? guessed) as 'http' | 'sse' | 'ws', url, headers };
}

/** A file, unless it reads like a package. */
const moduleName = (name: string, workspace: string): string =>
  /^[./]/.test(name) || path.isAbsolute(name) ? path.resolve(workspace, name) : name;
