import { createHash } from 'node:crypto';

/** What MCP clients accept: longer names, or other characters, break a whole session in some of them. */
export const MCP_NAME_LENGTH = 64;
export const SERVER_ID_LENGTH = 64;
const MCP_NAME = /^[A-Za-z0-9_-]{1,64}$/;
const HEAD_LENGTH = 30;

/** Lower case, digits and single dashes; empty where the name has no letter or digit that can be kept. */
export const canonicalId = (name: string): string =>
  name
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');

/**
 * Two names with the same key are spellings of one server: letter case, separators, an npm scope, and the words `mcp`
 * and `server` at either end do not count. `PythonExecutor` and `@acme/python_executor-mcp-server` are both `pythonexecutor`.
 */
export function variantKey(name: string): string {
  const words = name
    .normalize('NFKC')
    .replace(/^@[^/]*\//, '')
    .replace(/(\p{Ll}|\p{N})(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{M}\p{N}]+/u)
    .filter((word) => word !== '');
  while (words.length > 1 && isAffix(words[0]!)) words.shift();
  while (words.length > 1 && isAffix(words.at(-1)!)) words.pop();
  return words.join('');
}
const isAffix = (word: string): boolean => word === 'mcp' || word === 'server';

/** Tool names that differ in case and separators only. */
export const toolKey = (name: string): string => name.toLowerCase().replace(/[^\p{L}\p{M}\p{N}]+/gu, '');

/**
 * `server__tool` where that is legal, else a cut and cleaned form with a hash of the id. The name depends on the id
 * alone, so it survives restarts and other tools coming and going. `attempt` > 0 asks for another one.
 */
export function mcpName(server: string, tool: string, attempt = 0): string {
  const whole = `${server}__${tool}`;
  if (attempt === 0 && MCP_NAME.test(whole)) return whole;
  const seed = attempt === 0 ? `${server}/${tool}` : `${server}/${tool}#${attempt}`;
  const hash = createHash('sha256').update(seed).digest('hex').slice(0, 10);
  const head = server.slice(0, HEAD_LENGTH);
  const room = MCP_NAME_LENGTH - head.length - hash.length - 3;
  return `${head}__${tool.slice(0, room)}_${hash}`.replace(/[^A-Za-z0-9_-]/g, '_');
}

interface Named {
  readonly id: string;
  readonly server: string;
  readonly name: string;
  readonly mcpName: string;
}

/**
 * MCP names of all tools, each once. A hashed name can only meet another by intent (a tool named like somebody's hash);
 * then the plain names keep theirs and the hashed ones, in the order of their ids, are hashed again.
 */
export function uniqueNames<T extends Named>(
  tools: readonly T[],
  rename: (tool: T, name: string) => T,
): Map<string, T> {
  const taken = new Map<string, T>();
  for (const tool of tools) taken.set(tool.mcpName, tool);
  if (taken.size === tools.length) return taken;

  taken.clear();
  const hashed: T[] = [];
  for (const tool of tools) {
    if (tool.mcpName === `${tool.server}__${tool.name}`) taken.set(tool.mcpName, tool);
    else hashed.push(tool);
  }
  hashed.sort((a, b) => (a.id < b.id ? -1 : 1));
  for (const tool of hashed) {
    let name = mcpName(tool.server, tool.name);
    for (let attempt = 1; taken.has(name); attempt++) name = mcpName(tool.server, tool.name, attempt);
    taken.set(name, name === tool.mcpName ? tool : rename(tool, name));
  }
  return taken;
}
