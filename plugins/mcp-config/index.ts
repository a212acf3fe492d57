import { definePlugin } from '#kernel';
import { TOOL_REGISTRY } from '#plugins/tool-registry/api';
import { MCP_CONFIG } from './api.ts';
import { mcpConfigConfig } from './config.ts';
import { ConfigFile } from './config-file.ts';
import { FileWatch } from './watch.ts';

export default definePlugin({
  name: 'mcp-config',
  summary: 'Reads MCP servers from a file in the shape that other clients use, and applies its changes while running.',
  config: mcpConfigConfig,
  requires: { registry: TOOL_REGISTRY },
  provides: { mcpConfig: MCP_CONFIG },
  stateVersion: 1,
  create({ registry, config, log, defer }) {
    const file = new ConfigFile(config, registry, log);
    let handedOver = false;
    // One reading at a time, in the order of the changes.
    let reading: Promise<void> = Promise.resolve();
    const load = (): Promise<void> => {
      reading = reading.then(() => file.load());
      return reading;
    };
    return {
      mcpConfig: file,
      async start() {
        if (config.watch) {
          const watch = new FileWatch(file.path, config.debounceMs, () => void load());
          defer(() => watch.close());
          await watch.open();
        }
        await load();
      },
      async stop() {
        await reading;
        if (!handedOver) file.withdraw();
      },
      health: () => file.health(),
      // The next version registered the same servers already: they must not go with this one.
      exportState() {
        handedOver = true;
        return [...file.brought];
      },
      importState(state: unknown) {
        for (const id of state as string[]) if (!file.brought.has(id)) registry.unregister(id);
      },
    };
  },
});
