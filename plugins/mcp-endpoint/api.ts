import { type Token, token } from '#kernel';

/** The server as one MCP server. HTTP clients reach it through `http.server`; other wires connect here. */
export interface McpEndpoint {
  /**
   * A client on a wire of its own (stdio): one legacy session with the same mounts as HTTP.
   * `mount` is `/mcp`, `/mcp/all`, `/mcp/search` or `/mcp/servers/{id}`. Messages are JSON-RPC texts, one at a time.
   */
  connect(mount: string, send: (text: string) => void): ClientWire;
}

export interface ClientWire {
  receive(text: string): void;
  /** Ends the session and everything that is in flight. */
  close(): void;
}

export const MCP_ENDPOINT: Token<McpEndpoint> = token<McpEndpoint>('mcp.endpoint');
