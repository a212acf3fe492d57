import { definePlugin, isFault } from '#kernel';
import { MCP_CONFIG } from '#plugins/mcp-config/api';
import { type ServerSpec, TOOL_REGISTRY } from '#plugins/tool-registry/api';
import { browserNavigator } from './browser-navigator.ts';
import { bundledConfig } from './config.ts';
import { pythonExecutor } from './python-executor.ts';

const OWNER = 'bundled-servers';

export default definePlugin({
  name: 'bundled-servers',
  summary: 'Registers the MCP servers that ship with the house: the Python executor and the browser navigator.',
  config: bundledConfig,
  requires: { registry: TOOL_REGISTRY },
  // Not used: it makes the user's file be read first, so that a name in it is the user's.
  optional: { mcpConfig: MCP_CONFIG },
  stateVersion: 1,
  create({ registry, config, log }) {
    const registered: string[] = [];
    let handedOver = false;
    const left: string[] = [];
    const register = (spec: ServerSpec): void => {
      try {
        registry.register(spec);
        registered.push(spec.id);
      } catch (error) {
        if (!isFault(error) || error.code !== 'SERVER_TAKEN') throw error;
        left.push(error.message);
        log.warn(`The bundled ${spec.title} stays out: its name is taken.`, { reason: error.message });
      }
    };
    return {
      async start() {
        const python = await pythonExecutor(config.pythonExecutor, OWNER);
        if (python) register(python);
        const browser = await browserNavigator(config.browserNavigator, OWNER);
        if (browser && 'spec' in browser) register(browser.spec);
        else if (browser) {
          left.push(browser.missing);
          const hint = 'install it (apt-get install chromium), or name one with CHROMIUM or browserNavigator.chromium';
          log.info('The browser navigator stays out: there is no Chromium.', { reason: browser.missing, hint });
        }
      },
      stop() {
        if (handedOver) return;
        for (const id of registered.splice(0)) registry.unregister(id);
      },
      health: () => ({
        ok: true,
        detail: { servers: registered.length, ...(left.length > 0 && { left: left.join('; ') }) },
      }),
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
