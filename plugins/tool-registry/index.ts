import { all, definePlugin, PLUGIN_STARTED, PLUGIN_STOPPED, PLUGIN_SWAPPED, reason } from '#kernel';
import { STORAGE } from '#plugins/storage/api';
import { FUNCTION_TOOLS, TOOL_LEARNING, TOOL_REGISTRY } from './api.ts';
import { Catalog } from './catalog.ts';
import { registryConfig } from './config.ts';
import { FunctionGroups } from './functions.ts';
import type { RegistryState } from './hand-over.ts';
import { Manifests } from './manifests.ts';
import { Registry } from './registry.ts';
import { Statistics } from './statistics.ts';
import { RegistryStore } from './store.ts';

const WARM_MS = 100;

export default definePlugin({
  name: 'tool-registry',
  summary: 'The one authority on which servers and tools there are, under which names, and what fits them.',
  config: registryConfig,
  requires: { storage: STORAGE, groups: all(FUNCTION_TOOLS) },
  provides: { registry: TOOL_REGISTRY, learning: TOOL_LEARNING },
  stateVersion: 3,
  create({ storage, groups, config, log, events, defer }) {
    const store = new RegistryStore(storage, log, config.saveDelayMs);
    const catalog = new Catalog(log, (count) => store.reserveVersions(count));
    const manifests = new Manifests(store);
    const statistics = new Statistics();
    const registry = new Registry({ config, log, store, catalog, manifests, statistics });
    const functions = new FunctionGroups(groups, registry, log);
    let open = false;

    const writeStatistics = (): Promise<void> =>
      statistics
        .write(store)
        .catch((error: unknown) => log.warn('call statistics could not be written', { reason: reason(error) }));

    return {
      registry,
      learning: registry,
      async start() {
        const kept = await store.open(config.keepManifestsDays);
        open = true;
        manifests.load(kept);
        for (const [tool, sums] of kept.statistics) statistics.load(tool, sums);
        await catalog.open();
        registry.restore(kept.servers);
        functions.sync();
        for (const change of [PLUGIN_STARTED, PLUGIN_SWAPPED, PLUGIN_STOPPED])
          defer(events.subscribe(change, () => functions.sync()));
        const writing = setInterval(() => void writeStatistics(), config.statisticsMs).unref();
        defer(() => clearInterval(writing));
        const showing = setInterval(() => registry.showFigures(), config.text.figuresMs).unref();
        defer(() => clearInterval(showing));
        // While servers are being started there is time for it.
        const warming = setTimeout(() => registry.warm(), WARM_MS).unref();
        defer(() => clearTimeout(warming));
      },
      async stop() {
        if (!open) return;
        open = false;
        await writeStatistics();
        await store.close();
      },
      health: () => ({
        ok: true,
        detail: {
          version: registry.snapshot.version,
          servers: registry.snapshot.servers.size,
          tools: registry.snapshot.tools.size,
          ...(Object.keys(functions.refused).length > 0 && { refused: functions.refused }),
        },
      }),
      exportState: () => registry.handOver(),
      importState(state: unknown) {
        registry.takeOver(state as RegistryState);
        functions.sync();
      },
    };
  },
});
