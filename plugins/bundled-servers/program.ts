import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Launch, ToolDefinition } from '#plugins/tool-registry/api';

/** Sources in a clone, JavaScript in the published package: beside us lies what we are. */
const SOURCE = path.extname(fileURLToPath(import.meta.url));
const SERVERS = fileURLToPath(new URL('../../mcp-servers/', import.meta.url));

export const programFile = (server: string, file: string): string => path.join(SERVERS, server, `${file}${SOURCE}`);

/** A child process over stdio, its options as flags. */
export const startProgram = (server: string, options: Readonly<Record<string, unknown>>): Launch => ({
  kind: 'stdio',
  command: process.execPath,
  args: [programFile(server, 'main'), ...Object.entries(options).map(([name, value]) => `--${kebab(name)}=${value}`)],
  env: {},
});

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** The tools as the server lists them with its default options. */
export async function shippedTools(server: string): Promise<readonly ToolDefinition[] | undefined> {
  try {
    const { tools } = JSON.parse(await readFile(path.join(SERVERS, server, 'manifest.json'), 'utf8')) as {
      tools: ToolDefinition[];
    };
    return tools;
  } catch {
    return undefined;
  }
}
