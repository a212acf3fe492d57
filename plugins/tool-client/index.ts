import { definePlugin } from '#kernel';
import { CALL_LOG } from '#plugins/call-log/api';
import { PROVISIONER } from '#plugins/provisioner/api';
import { TOOL_DISPATCHER } from '#plugins/tool-dispatch/api';
import { TOOL_REGISTRY } from '#plugins/tool-registry/api';
import { TOOL_PLANE } from './api.ts';
import { toolClientConfig } from './config.ts';
import { LocalPlane } from './local/local-plane.ts';
import type { ClientPlane, PlaneState } from './plane.ts';
import { RemotePlane } from './remote/remote-plane.ts';

export default definePlugin({
  name: 'tool-client',
  summary: "An agent's whole view of the tools: of a server elsewhere, or of this process.",
  config: toolClientConfig,
  optional: { registry: TOOL_REGISTRY, dispatcher: TOOL_DISPATCHER, provisioner: PROVISIONER, calls: CALL_LOG },
  provides: { plane: TOOL_PLANE },
  stateVersion: 1,
  create({ config, log, ...parts }) {
    const plane: ClientPlane =
      config.url === '' ? new LocalPlane({ config, log, ...parts }) : new RemotePlane(config, log);
    return {
      plane,
      start: () => plane.start(),
      stop: () => plane.stop(),
      health: () => ({ ok: true, detail: plane.detail }),
      exportState: () => plane.handOver(),
      importState: (state: unknown) => plane.adopt(state as PlaneState),
    };
  },
});
