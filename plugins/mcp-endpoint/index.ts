import { z } from 'zod';
import { definePlugin } from '#kernel';
import { HTTP_SERVER } from '#plugins/http/api';
import { PROVISIONER } from '#plugins/provisioner/api';
import { TOOL_DISPATCHER } from '#plugins/tool-dispatch/api';
import { TOOL_REGISTRY } from '#plugins/tool-registry/api';
import { TOOL_SEARCH } from '#plugins/tool-search/api';
import { MCP_ENDPOINT } from './api.ts';
import { createEndpoint } from './endpoint.ts';

export default definePlugin({
  name: 'mcp-endpoint',
  summary:
    'Serves all tools as one MCP server over streamable HTTP, in both protocol eras, and each server under its own path.',
  config: z.strictObject({
    mode: z
      .enum(['all', 'search'])
      .default('all')
      .describe(
        'what /mcp lists: all tools, or only search_tools, call_tool and request_capability; /mcp/all and /mcp/search are always there',
      ),
    name: z.string().min(1).default('datapresso').describe('the name that clients see'),
    instructions: z.string().default('').describe('told to clients when they connect'),
    pageSize: z.number().int().min(1).max(100_000).default(1_000).describe('tools in one page of tools/list'),
    cacheMs: z
      .number()
      .int()
      .min(0)
      .default(5_000)
      .describe('how long modern clients may keep a list without asking again'),
    bodyLimitBytes: z.number().int().min(1_024).default(4_194_304).describe('the largest request body'),
    questionMs: z
      .number()
      .int()
      .min(1_000)
      .default(600_000)
      .describe('how long a client may take to answer what a server asks (elicitation, sampling, roots)'),
    limits: z
      .strictObject({
        sessions: z.number().int().min(1).default(10_000).describe('legacy sessions at once'),
        perPrincipal: z.number().int().min(1).default(2_000).describe('legacy sessions of one caller'),
        unreadBytes: z
          .number()
          .int()
          .min(65_536)
          .default(8_388_608)
          .describe('what a client may leave unread on a stream before it is cut off'),
        idleMs: z.number().int().min(1_000).default(1_800_000).describe('a session without a message ends after this'),
        inFlight: z.number().int().min(1).default(1_000).describe('requests in flight in one session'),
        parked: z.number().int().min(1).default(1_000).describe('modern calls that wait for input of their clients'),
      })
      .prefault({})
      .describe('bounds on what clients may hold'),
  }),
  requires: { registry: TOOL_REGISTRY, dispatcher: TOOL_DISPATCHER, search: TOOL_SEARCH },
  optional: { http: HTTP_SERVER, provisioner: PROVISIONER },
  stateVersion: 1,
  provides: { endpoint: MCP_ENDPOINT },
  create: createEndpoint,
});
