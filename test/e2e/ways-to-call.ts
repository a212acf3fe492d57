import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as OldHttpTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { type Outcome, outcomeOf, outcomeOfError, type ToolCall } from '../judges/real-servers/real-server.ts';

/** Calls the tools of one server, one after the other, until closed. */
export interface Caller {
  /** The definitions, where the server is alone on its path. */
  list?(): Promise<readonly object[]>;
  call(call: ToolCall): Promise<Outcome>;
  close(): Promise<void>;
}

const CALL_MS = 60_000;

/** Every way that a client can reach a server behind the tool server at `url`. */
export const WAYS: Readonly<Record<string, (url: string, server: string) => Promise<Caller>>> = {
  rest: async (url, server) => rest(url, server),
  'mcp-v1': (url, server) => oldClient(`${url}/mcp`, `${server}__`),
  'mcp-legacy': (url, server) => client(`${url}/mcp`, `${server}__`, 'legacy'),
  'mcp-modern': (url, server) => client(`${url}/mcp`, `${server}__`, 'modern'),
  'own-v1': (url, server) => oldClient(`${url}/mcp/servers/${server}`, ''),
  'own-legacy': (url, server) => client(`${url}/mcp/servers/${server}`, '', 'legacy'),
  'own-modern': (url, server) => client(`${url}/mcp/servers/${server}`, '', 'modern'),
};

function rest(url: string, server: string): Caller {
  return {
    call: async ({ tool, args }) => {
      const response = await fetch(`${url}/api/v1/tools/execute/${server}/${tool}?raw=true`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ parameters: args }),
      });
      const body = (await response.json()) as { rpc?: object };
      // What the server itself answered as a JSON-RPC error is a member of the problem document.
      if (!response.ok) return outcomeOfError(body.rpc ?? body);
      return outcomeOf(body);
    },
    close: async () => {},
  };
}

async function client(url: string, prefix: string, era: 'legacy' | 'modern'): Promise<Caller> {
  const mode = era === 'legacy' ? era : { pin: '2026-07-28' };
  const peer = new Client({ name: 'test', version: '1.0.0' }, { versionNegotiation: { mode } });
  await peer.connect(new StreamableHTTPClientTransport(new URL(url)));
  return {
    ...(prefix === '' && { list: async () => (await peer.listTools()).tools }),
    call: ({ tool, args }) =>
      peer.callTool({ name: prefix + tool, arguments: args }, { timeout: CALL_MS }).then(outcomeOf, outcomeOfError),
    close: () => peer.close(),
  };
}

async function oldClient(url: string, prefix: string): Promise<Caller> {
  const peer = new OldClient({ name: 'test', version: '1.0.0' });
  // The older SDK's own types disagree under exactOptionalPropertyTypes.
  await peer.connect(new OldHttpTransport(new URL(url)) as Parameters<OldClient['connect']>[0]);
  return {
    ...(prefix === '' && { list: async () => (await peer.listTools()).tools }),
    call: ({ tool, args }) =>
      peer
        .callTool({ name: prefix + tool, arguments: args }, undefined, { timeout: CALL_MS })
        .then(outcomeOf, outcomeOfError),
    close: () => peer.close(),
  };
}
