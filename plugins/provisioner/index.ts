import { all, definePlugin } from '#kernel';
import { CACHE } from '#plugins/cache/api';
import { GAP_DETECTOR } from '#plugins/gap-detector/api';
import { HTTP_SERVER } from '#plugins/http/api';
import { SEARCH_ENGINE } from '#plugins/mcp-search/api';
import { POLICY } from '#plugins/policy/api';
import { STORAGE } from '#plugins/storage/api';
import { TOOL_DISPATCHER } from '#plugins/tool-dispatch/api';
import { TOOL_REGISTRY } from '#plugins/tool-registry/api';
import { PROVISIONER, SERVER_RUNNER } from './api.ts';
import { provisionerConfig } from './config.ts';
import { createProvisioner } from './create.ts';

export default definePlugin({
  name: 'provisioner',
  summary:
    'One stop from a need to a tool: gap, search, policy, install, register, announce; and back after a restart.',
  config: provisionerConfig,
  requires: {
    storage: STORAGE,
    registry: TOOL_REGISTRY,
    dispatcher: TOOL_DISPATCHER,
    detector: GAP_DETECTOR,
    engine: SEARCH_ENGINE,
    policy: POLICY,
    runners: all(SERVER_RUNNER),
  },
  optional: { cache: CACHE, http: HTTP_SERVER },
  provides: { provisioner: PROVISIONER },
  create: ({ id, generation, ...parts }) => createProvisioner({ ...parts, owner: { id, generation } }),
});
