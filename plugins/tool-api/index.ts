import { definePlugin } from '#kernel';
import { AUTH } from '#plugins/auth/api';
import { CALL_LOG } from '#plugins/call-log/api';
import { HTTP_SERVER } from '#plugins/http/api';
import { MCP_CONFIG } from '#plugins/mcp-config/api';
import { TELEMETRY } from '#plugins/telemetry/api';
import { TOOL_DISPATCHER } from '#plugins/tool-dispatch/api';
import { TOOL_REGISTRY } from '#plugins/tool-registry/api';
import { toolApiConfig } from './config.ts';
import { createToolApi } from './tool-api.ts';

export default definePlugin({
  name: 'tool-api',
  summary: 'The tools over REST and a WebSocket: list, describe, run, register, and hear of every change.',
  config: toolApiConfig,
  requires: { http: HTTP_SERVER, registry: TOOL_REGISTRY, dispatcher: TOOL_DISPATCHER },
  optional: { auth: AUTH, telemetry: TELEMETRY, mcpConfig: MCP_CONFIG, calls: CALL_LOG },
  stateVersion: 3,
  create: ({ id, generation, ...parts }) => createToolApi({ ...parts, owner: { id, generation } }),
});
