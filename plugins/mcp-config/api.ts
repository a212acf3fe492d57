import { type Token, token } from '#kernel';
import type { ServerSpec } from '#plugins/tool-registry/api';

/** Reads server entries in the `mcpServers` shape, from the watched file and from whoever else has one. */
export interface McpConfig {
  /**
   * One entry as it stands in a file (`{ command, args, env }`, `{ url, headers }`, ... and our keys), as a server of `owner`.
   * Variables are not expanded: who sends an entry must not read the environment of this process.
   * Fault SERVER_ENTRY_INVALID (`invalid`) lists every problem with its path in `data.problems`.
   */
  parseEntry(id: string, entry: unknown, owner: string): ServerSpec;
  /** The file and what became of it. */
  readonly state: McpConfigState;
}

export interface McpConfigState {
  readonly file: string;
  readonly found: boolean;
  /** ms since 1970 of the last change that was applied. */
  readonly appliedAt: number | undefined;
  readonly servers: readonly string[];
  readonly disabled: readonly string[];
  readonly refused: readonly RefusedEntry[];
  /** The file as a whole cannot be read; the servers of the last good version stay. */
  readonly error: string | undefined;
}

export interface RefusedEntry {
  /** As written in the file. */
  readonly id: string;
  readonly code: string;
  /** `file:line:col` and the problem; never a value of the environment. */
  readonly reason: string;
}

/** One thing wrong in an entry. `path` leads to it inside the entry. */
export interface EntryProblem {
  readonly path: readonly (string | number)[];
  readonly code: string;
  readonly problem: string;
  readonly hint?: string;
}

export const MCP_CONFIG: Token<McpConfig> = token<McpConfig>('mcp.config');
