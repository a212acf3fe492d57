import type { RunCall } from '../../api.ts';

/** `mcp__SERVER__TOOL` is how clients of MCP name tools of servers to the model. */
export function toolOf(name: string): RunCall['tool'] {
  const [, server, tool] = /^mcp__(.+?)__(.+)$/s.exec(name) ?? [];
  return server !== undefined && tool !== undefined ? { server, name: tool } : { name };
}
