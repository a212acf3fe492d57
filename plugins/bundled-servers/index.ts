import { definePlugin, isFault } from '#kernel';
import { MCP_CONFIG } from '#plugins/mcp-config/api';
import { TOOL_REGISTRY } from '#plugins/tool-registry/api';
import { bundledConfig } from './config.ts';
import { pythonExecutor } from './python-executor.ts';

const OWNER = 'bundled-servers';

export default definePlugin({
  name: 'bundled-servers',
  summary: 'Registers the MCP servers that ship with the house: the Python executor.',
  config: bundledConfig,
  requires: { registry: TOOL_REGISTRY },
  // Not used: it makes the user's file be read first, so that a name in it is the user's.
  optional: { mcpConfig: MCP_CONFIG },
  stateVersion: 1,
  create({ registry, config, log }) {
    const registered: string[] = [];
    let handedOver = false;
    let taken: string | undefined;
    return {
      async start() {
        const spec = await pythonExecutor(config.pythonExecutor, OWNER);
        if (!spec) return;
        try {
          registry.register(spec);
          registered.push(spec.id);
        } catch (error) {
          if (!isFault(error) || error.code !== 'SERVER_TAKEN') throw error;
          taken = error.message;
          log.warn('The bundled Python executor stays out: its name is taken.', { reason: error.message });
        }
      },
      stop() {
        if (handedOver) return;
        for (const id of registered.splice(0)) registry.unregister(id);
      },
      health: () => ({ ok: true, detail: { servers: registered.length, ...(taken !== undefined && { left: taken }) } }),
      // The next version registered the same server already: it must not go with this one.
      exportState() {
        handedOver = true;
        return [...registered];
      },
      importState(state: unknown) {
        for (const id of state as string[]) if (!registered.includes(id)) registry.unregister(id);
      },
    };
  },
});
